/** The part of drachtio-fn-b2b-sugar 0.2.1 that is used; the package has no types. */
declare module 'drachtio-fn-b2b-sugar' {
  /** Forwards requests of these methods between `dialog` and `dialog.other`, both ways. */
  export function forwardInDialogRequests(dialog: object, methods: string[]): void;
}
