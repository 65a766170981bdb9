import type { Page } from 'playwright-core'

/** What a page sends to its core, as the socket carries it; call it before the page connects, or reload after it. */
export class Sent {
  readonly #all: { readonly command: string; readonly input: unknown }[] = []

  constructor(page: Page) {
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        this.#all.push(JSON.parse(String(payload)) as { command: string; input: unknown })
      })
    )
  }

  /** Inputs of one command, in order. */
  of(command: string): readonly unknown[] {
    return this.#all.filter((one) => one.command === command).map(({ input }) => input)
  }
}
