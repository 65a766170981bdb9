import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Job } from '../../../shared/model/job.ts'
import type { RunnerKind, SetUpStep } from '../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { shellQuote } from '../../../shared/util/shell-quote.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Places } from '../../platform/ports.ts'
import type { RunnerAdapter } from '../supervisor/adapter.ts'
import { filterEnvironment } from '../supervisor/environment.ts'
import { openLogFile } from '../supervisor/log-file.ts'
import { runStep, SILENCE_MS } from './run-step.ts'

/** Installers fetch; behind a proxy they need to know it. */
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']

export interface SetUp {
  /** The vendor's steps to install a kind on this machine. */
  steps(kind: RunnerKind): readonly SetUpStep[]
  /** Runs those that need no root, one after the other; what is left to the user is said. */
  run(kind: RunnerKind): Result<Job, ContractError>
}

export function createSetUp(ports: {
  readonly adapters: Readonly<Record<RunnerKind, Pick<RunnerAdapter, 'setUp'>>>
  readonly jobs: Pick<Jobs, 'run' | 'get'>
  readonly places: Pick<Places, 'dataDir' | 'homeDir'>
  readonly env: NodeJS.ProcessEnv
  /** A step that writes nothing for so long hangs. */
  readonly silenceMs?: number
}): SetUp {
  const { adapters, jobs, places, env, silenceMs = SILENCE_MS } = ports
  /** The last job of each kind: two installations of the same would write into the same folders. */
  const running = new Map<RunnerKind, string>()
  const stepEnv = (): Record<string, string> =>
    filterEnvironment(env, {
      HOME: places.homeDir,
      ...Object.fromEntries(PROXY_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
    })

  return {
    steps: (kind) => adapters[kind].setUp,
    run(kind) {
      const { name } = RUNNER_SPECS[kind]
      const all = adapters[kind].setUp
      const ours = all.filter((step) => step.command !== null && !step.needsRoot)
      const theirs = all.filter((step) => !ours.includes(step))
      if (ours.length === 0) return err(nothingToRun(name, theirs.map(inWords)))
      const lastOfOurs = all.findLastIndex((step) => ours.includes(step))
      const before = theirs.filter((step) => all.indexOf(step) < lastOfOurs).map(inWords)
      // What only had to be there has been, where all that followed went well; a command may be wanted later.
      const left = theirs
        .filter((step) => step.command !== null || all.indexOf(step) > lastOfOurs)
        .map(inWords)
      if (jobs.get(running.get(kind) ?? '')?.state === 'running') {
        return err({
          code: 'already-running',
          message: `${name} is being set up already. Wait, or cancel it.`
        })
      }
      const log = openLogFile(join(places.dataDir, 'logs', `set-up-${kind}.log`))
      const workingDir = existsSync(places.homeDir) ? places.homeDir : '/'
      const job = jobs.run('set-up', `Set up ${name}`, async (signal, report) => {
        for (const [index, step] of ours.entries()) {
          if (isCloned(step, workingDir)) continue
          const where = `Step ${index + 1} of ${ours.length}: ${step.text}`
          report({ text: where })
          const done = await runStep({
            command: step.command ?? [],
            log,
            env: stepEnv(),
            workingDir,
            signal,
            silenceMs,
            onLine: (line) => report({ text: `${where} · ${line}` })
          })
          if (!done.ok) return err(withTheirs(done.error, before))
        }
        return ok(left.length === 0 ? `${name} is set up.` : `Done. Left to you: ${left.join(' · ')}`)
      })
      running.set(kind, job.id)
      return ok(job)
    }
  }
}

/** A clone from an earlier try is there, and git would refuse to make it again; the steps after it go on from there. */
const isCloned = ({ command }: SetUpStep, workingDir: string): boolean =>
  command?.[0] === 'git' &&
  command[1] === 'clone' &&
  existsSync(join(workingDir, command.at(-1) ?? '', '.git', 'HEAD'))

/** What the user does: the command where there is one, with its rights. */
const inWords = ({ text, command }: SetUpStep): string =>
  command === null ? text : command.map((word) => shellQuote(word)).join(' ')

const nothingToRun = (name: string, theirs: readonly string[]): ContractError => ({
  code: 'refused',
  message:
    theirs.length === 0
      ? `Nobody has written down how ${name} is set up. See its vendor's pages.`
      : `Firebreak can do no step of this by itself: each needs root, or your hands. Do in a terminal: ${theirs.join(' · ')}`
})

const withTheirs = (error: ContractError, theirs: readonly string[]): ContractError =>
  theirs.length === 0
    ? error
    : { ...error, message: `${error.message} It may want these steps first: ${theirs.join(' · ')}` }
