import type { ContractError } from '../../shared/contract/errors.ts'
import { err, ok } from '../../shared/util/result.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { ShowPull } from '../runners/containers/containers.ts'

/** Pulls of images as jobs: shown, and given up where the user says so. */
export const showPulls =
  (jobs: Jobs): ShowPull =>
  (label, pull) =>
    new Promise<ContractError | null>((settle) => {
      jobs.run('pull', label, async (signal, report) => {
        const given = { code: 'disconnected', message: `${label}: the pull was cancelled.` } as const
        signal.addEventListener('abort', () => settle(given), { once: true })
        let problem: ContractError | null
        try {
          problem = await pull(signal, ({ doneBytes, totalBytes }, text) =>
            report({ doneBytes, totalBytes, text })
          )
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          problem = { code: 'internal', message: `${label} could not be pulled: ${reason}. Try again.` }
        }
        settle(problem)
        return problem === null ? ok(`${label} is here.`) : err(problem)
      })
    })
