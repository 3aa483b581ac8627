// #region module
import { type CanActivate, type ExecutionContext, Injectable, Module, UnauthorizedException } from '@nestjs/common';
import { SagaModule, SagaOperatorsModule } from '@rea/saga';

interface OperatorRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  operator?: string;
}

@Injectable()
export class OperatorsOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<OperatorRequest>();
    const operator = knownOperator(request.headers['authorization']); // however you know them: a session, a token, a key
    if (operator === undefined) throw new UnauthorizedException();
    request.operator = operator;
    return true;
  }
}

@Module({
  imports: [
    SagaModule.forRoot(),
    SagaOperatorsModule.register({
      path: 'operators',
      guards: [OperatorsOnly], // without one it does not compile, and does not start
      operator: ({ operator }: OperatorRequest) => operator!, // who did it, for the history
    }),
  ],
})
export class OperatorsModule {}
// #endregion module

function knownOperator(authorization: string | undefined): string | undefined {
  return authorization === 'Bearer ada-s-token' ? 'ada' : undefined;
}
