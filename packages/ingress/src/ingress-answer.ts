import type { HttpAnswer } from '@rea/core/internal';

/** The body of the ingress's error answers. */
export interface ErrorBody {
  readonly message?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly source?: string;
}

/** The status with which the ingress answers that an output is not there yet. */
export const NOT_READY = 470;

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status <= 299;
}

/** Whether the answer to a message says that it had been accepted before. */
export function isKnown({ body }: HttpAnswer): boolean {
  return (parsedObject(body) as { readonly status?: unknown }).status === 'PreviouslyAccepted';
}

/** What an error answer says; nothing when it is not of Restate, but of something in between. */
export function errorBody({ body }: HttpAnswer): ErrorBody {
  return parsedObject(body);
}

/** What the text says; undefined when it is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Who failed: a handler (`invocation`), the ingress, or, undefined, something in between. */
export function answerSource(answer: HttpAnswer): string | undefined {
  const header = answer.headers['x-restate-error-source'];
  if (typeof header === 'string') return header;
  const { source, message } = errorBody(answer);
  return source ?? (message === undefined ? undefined : 'ingress');
}

function parsedObject(body: HttpAnswer['body']): object {
  const parsed = parsedJson(body.toString());
  return typeof parsed === 'object' && parsed !== null ? parsed : {};
}
