import { disposable } from '../../../shared/util/disposable.ts'
import type { PanelLink } from './link.ts'

/** What the preload exposes: names of the contract, nothing else. */
export interface Bridge {
  request(command: string, input: unknown): Promise<unknown>
  onEvent(listener: (message: unknown) => void): () => void
}

declare global {
  interface Window {
    readonly firebreak?: Bridge
  }
}

/** The Link of the desktop window. It is there as long as the window is: the core lives in the same app. */
export function bridgeLink(bridge: Bridge): PanelLink {
  return {
    state: 'connected',
    request: (message) => bridge.request(message.command, message.input),
    onEvent: (listener) => disposable(bridge.onEvent(listener)),
    onState: () => disposable(() => undefined)
  }
}
