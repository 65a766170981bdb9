import { expect, vi } from 'vitest'
import { createClient } from '../../../src/shared/contract/client.ts'
import type { WireReply, WireRequest } from '../../../src/shared/contract/wire.ts'
import { createEmitter } from '../../../src/shared/util/emitter.ts'
import type { LinkState, PanelLink } from '../../../src/renderer/src/client/link.ts'
import { createPanel } from '../../../src/renderer/src/stores/panel.ts'
import { fakeCore } from '../../support/fake-core/core.ts'
import { SCENARIOS, type Scenario } from '../../support/fake-core/scenarios.ts'

const thrown = (error: unknown): never => {
  throw error
}

/** A panel on a made-up core: its connection and its visibility are the test's to change. */
export function fakePanel(scenario: Scenario = SCENARIOS.calm) {
  const core = fakeCore(scenario, 'system')
  const events = createEmitter<unknown>(thrown)
  const states = createEmitter<LinkState>(thrown)
  const sights = createEmitter<void>(thrown)
  const asked: WireRequest[] = []
  const refusals = new Map<string, (request: WireRequest) => WireReply>()
  let state: LinkState = 'connected'
  let hidden = false
  const link: PanelLink = {
    get state() {
      return state
    },
    async request(message) {
      asked.push(message)
      if (state !== 'connected') throw new Error('lost')
      return refusals.get(message.command)?.(message) ?? core.request(message)
    },
    onEvent: (listener) => events.on(listener),
    onState: (listener) => states.on(listener)
  }
  const panel = createPanel(createClient(link), link, {
    get hidden() {
      return hidden
    },
    onChange: (listener) => sights.on(listener)
  })
  return {
    core,
    asked,
    events,
    states,
    refusals,
    panel,
    become(next: LinkState): void {
      state = next
      states.emit(next)
    },
    show(visible: boolean): void {
      hidden = !visible
      sights.emit()
    }
  }
}

export const readyPanel = async (scenario?: Scenario): Promise<ReturnType<typeof fakePanel>> => {
  const fake = fakePanel(scenario)
  await vi.waitFor(() => expect(fake.panel.live.getState().live).not.toBeNull())
  await vi.waitFor(() => expect(fake.panel.runners.getState().loaded).toBe(true))
  return fake
}
