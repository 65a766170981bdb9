import { existsSync, closeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { raiseOomScore } from '../../platform/oom-score.ts'
import type { LaunchPlan } from './adapter.ts'
import { MARK_VARIABLE, newMark } from './environment-mark.ts'
import { filterEnvironment } from './environment.ts'
import { createLiveProcess, type LiveProcess } from './live-process.ts'
import { createLoadWatch } from './load-watch.ts'
import type { LogFile } from './log-file.ts'
import { redactArgs } from './redact.ts'
import { findScopeLauncher, inScope, scopeUnit } from './scope.ts'
import { spawnRunner } from './spawn-runner.ts'
import type { SupervisorPorts } from './types.ts'

/** Whether launches are put into systemd scopes; switched off for good where the user manager refused one. */
export interface Scopes {
  launcher(): string | null
  disable(): void
}

export function createScopes(env: NodeJS.ProcessEnv): Scopes {
  let isOn = true
  return {
    launcher: () => (isOn ? findScopeLauncher(env) : null),
    disable() {
      isOn = false
    }
  }
}

/** Spawns what a plan says; the result is a live process whose exit nobody watches yet. */
export async function launch(options: {
  readonly id: string
  readonly plan: LaunchPlan
  readonly log: LogFile
  readonly ports: SupervisorPorts
  readonly env: NodeJS.ProcessEnv
  readonly scopes: Scopes
}): Promise<Result<LiveProcess, ContractError>> {
  const { id, plan, log, ports, env, scopes } = options
  const { clock, places, machine } = ports
  const startedAtMs = clock.nowMs()
  const mark = newMark(id, places.dataDir)
  const launcher = scopes.launcher()
  const unit = launcher === null ? null : scopeUnit(id, Math.round(startedAtMs))
  const command = { file: plan.file, args: plan.args }
  const commandLine = redactArgs([plan.file, ...plan.args])
  let logFd: number
  try {
    logFd = log.openForRunner(`--- ${new Date(startedAtMs).toISOString()} ${commandLine.join(' ')}`)
  } catch (error) {
    return err(logProblem(id, log.path, error))
  }
  const logStart = log.endOffset()
  const spawned = await spawnRunner({
    command: launcher === null || unit === null ? command : inScope(launcher, unit, command),
    env: filterEnvironment(env, { ...plan.env, [MARK_VARIABLE]: mark }),
    workingDir: existsSync(places.homeDir) ? places.homeDir : '/',
    logFd
  })
  closeSync(logFd)
  if (!spawned.ok) return err(spawnProblem(plan.file, spawned.error))
  const child = spawned.value
  const pid = child.pid ?? 0
  // Its children inherit it.
  raiseOomScore(places.procRoot, pid)
  const startTicks = machine.processes().find((item) => item.pid === pid)?.startTicks ?? 0
  return ok(
    createLiveProcess(
      ports,
      {
        root: { pid, startTicks },
        members: [],
        // Detached: the child leads a session and a group of its own.
        processGroupId: pid,
        mark,
        scopeUnit: unit,
        container: null,
        port: plan.port,
        url: plan.url,
        modelBytes: plan.modelBytes,
        startedAtMs,
        commandLine
      },
      { child, container: null, loadWatch: createLoadWatch(clock.monotonicMs()), logStart, readyAtMs: null }
    )
  )
}

/** Without a log nobody could say why it ended, so it is not started. */
export function logProblem(id: string, path: string, error: unknown): ContractError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const folder = dirname(path)
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const what = isFull ? 'there is no space left' : error instanceof Error ? error.message : String(error)
  const advice = isFull ? 'Free some space there' : 'Make that folder writable'
  return {
    code: 'refused',
    message: `${id} was not started: its log cannot be written to ${folder}, ${what}. ${advice}, then start it again.`
  }
}

function spawnProblem(file: string, error: NodeJS.ErrnoException): ContractError {
  switch (error.code) {
    case 'ENOENT':
      return {
        code: 'runner-missing',
        message: `There is no program ${file}. Install it, or correct its path.`
      }
    case 'EACCES':
      return {
        code: 'runner-missing',
        message: `${file} may not be run. Make it executable, or correct its path.`
      }
    case 'ENOEXEC':
      return { code: 'runner-missing', message: `${file} is no program for this machine.` }
    default:
      return { code: 'runner-failed', message: `${file} could not be started: ${error.message}.` }
  }
}
