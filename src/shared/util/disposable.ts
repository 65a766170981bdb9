/** What starts something returns one of these; disposing twice is harmless. */
export interface Disposable {
  dispose(): void
}

export function disposable(dispose: () => void): Disposable {
  let done = false
  return {
    dispose() {
      if (done) return
      done = true
      dispose()
    }
  }
}

/** Disposes in reverse order of creation, as construction order implies dependency. */
export function disposeAll(items: readonly Disposable[]): void {
  for (const item of items.toReversed()) item.dispose()
}
