import { type CanActivate, Injectable } from '@nestjs/common';

@Injectable()
export class AllowGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}
