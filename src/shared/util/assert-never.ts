/** Ends a switch over a closed union: a new member becomes a compile error where it is not handled. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}
