import { CUSTOM_SPEC } from '../../../../shared/model/specs/custom.ts'
import type { RunnerAdapter } from '../../supervisor/adapter.ts'
import { explainBy, PYTHON_EXPLANATIONS } from '../common/explain.ts'
import { NO_URL } from '../common/job-plan.ts'
import { planCustom } from './plan.ts'
import { probeCustom } from './probe.ts'

/** Any command of the user's: a server that listens, or a job that does not. */
export const customAdapter: RunnerAdapter = {
  kind: CUSTOM_SPEC.kind,
  defaultPort: CUSTOM_SPEC.defaultPort,
  plan: planCustom,
  installed: async () => ({ path: null, problem: null }),
  addressOf: () => null,
  probe: probeCustom,
  // Nothing tells a command of somebody's from any other process.
  recognise: () => null,
  async prove(url, timeoutMs) {
    if (url === NO_URL) return { works: true, text: 'It runs.' }
    return (await probeCustom(url, timeoutMs)) === 'ready'
      ? { works: true, text: 'It answers at its port.' }
      : { works: false, text: 'It does not answer at its port.' }
  },
  // A server without known metrics is asked whether it answers; a job has nothing to be asked for.
  activity: async (url) =>
    url === NO_URL
      ? {
          busy: 'unknown',
          requestsRunning: 'not-supported',
          requestsWaiting: 'not-supported',
          tokensPerS: 'not-supported'
        }
      : null,
  explainExit: (log) => explainBy(PYTHON_EXPLANATIONS, log),
  loadedShare: () => null,
  free: null,
  models: null,
  setUp: []
}
