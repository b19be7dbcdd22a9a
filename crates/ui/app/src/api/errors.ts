// What can go wrong between this page and the service, as values that screens can act on.

/** The service answered and did not grant it. */
export class Refused extends Error {
  readonly status: number;
  readonly code: number;
  readonly corrId: string | undefined;
  readonly data: unknown;

  constructor(status: number, code: number, message: string, corrId?: string, data?: unknown) {
    super(message);
    this.name = "Refused";
    this.status = status;
    this.code = code;
    this.corrId = corrId;
    this.data = data;
  }
}

/** No answer came, or none that can be read. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super("the service cannot be reached", { cause });
    this.name = "Unreachable";
  }
}

export const SIGNED_OUT = 40104;
export const WRONG_PASSWORD = 40105;
export const NOT_PERMITTED = 40300;
/** This service has no such function: it is older than the page, or was built without. */
export const NO_SUCH_ADDRESS = 40401;
export const CHANGED_MEANWHILE = 40901;

export const isRefused = (error: unknown, code?: number): error is Refused =>
  error instanceof Refused && (code === undefined || error.code === code);

/** Whether asking again can help: the service did not answer, or was in trouble itself. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof Refused && error.status >= 500);
