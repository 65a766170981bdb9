import type { ContractError } from '../../../shared/contract/errors.ts'
import type { RunnerKind } from '../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { err } from '../../../shared/util/result.ts'
import type { RunnerAdapter } from './adapter.ts'

/** Their runners may listen nowhere: '' is then their address, and they answer for it without being asked. */
const MAY_LISTEN_NOWHERE: ReadonlySet<RunnerKind> = new Set(['finetune', 'custom'])

const NO_ADDRESS: ContractError = {
  code: 'refused',
  message: 'Its address is not known, so it cannot be asked. Stop it, then start it again from its profile.'
}

/** Whether a runner of this kind can be asked at this address. */
export const isAskable = (kind: RunnerKind, url: string): boolean =>
  URL.canParse(url) || (url === '' && MAY_LISTEN_NOWHERE.has(kind))

/** Why one that was found is not taken over: a server that nobody can ask is never known to be ready, or well. */
export function addressRefusal(kind: RunnerKind, url: string | null): ContractError | null {
  if (isAskable(kind, url ?? '')) return null
  const message =
    `It is not known where this ${RUNNER_SPECS[kind].name} listens, so it cannot be taken over. ` +
    'Try again once it listens; it can be stopped here.'
  return { code: 'refused', message }
}

/** The same adapter, whose questions never throw over an address: from a file, it may be anything. */
export function withCheckedAddress(adapter: RunnerAdapter): RunnerAdapter {
  const { kind, free, models } = adapter
  const isGood = (url: string): boolean => isAskable(kind, url)
  return {
    ...adapter,
    probe: async (url, timeoutMs) => (isGood(url) ? adapter.probe(url, timeoutMs) : 'no-answer'),
    prove: async (url, timeoutMs, profile) =>
      isGood(url)
        ? adapter.prove(url, timeoutMs, profile)
        : { works: false, text: 'Its address is not known.' },
    activity: async (url, timeoutMs) => (isGood(url) ? adapter.activity(url, timeoutMs) : null),
    free: free && {
      ...free,
      free: async (url, timeoutMs) => (isGood(url) ? free.free(url, timeoutMs) : err(NO_ADDRESS))
    },
    models: models && {
      ...models,
      list: async (url, timeoutMs) => (isGood(url) ? models.list(url, timeoutMs) : null),
      load: async (url, model, timeoutMs) =>
        isGood(url) ? models.load(url, model, timeoutMs) : err(NO_ADDRESS),
      unload: async (url, model, timeoutMs) =>
        isGood(url) ? models.unload(url, model, timeoutMs) : err(NO_ADDRESS)
    }
  }
}
