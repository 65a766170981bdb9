import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger, Places } from '../../src/main/platform/ports.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { createRunners } from '../../src/main/runners/supervisor/runners.ts'
import type { MachineView, Runners, SupervisorPorts } from '../../src/main/runners/supervisor/types.ts'
import { createMachineView } from '../../src/main/sampler/machine-view.ts'
import { NO_GPU_YET } from '../../src/shared/model/gpu.ts'
import type { RunnerState, RunnerView } from '../../src/shared/model/runner.ts'
import { defaultSettings, type Settings } from '../../src/shared/settings/schema.ts'
import { isAlive, until } from './until.ts'

/** Loading 500 MiB on two busy cores takes seconds; this is for machines far slower. */
const STATE_DEADLINE_MS = 60_000

/** A user's folders and a core's runners in them, on the real machine. */
export interface RunnerHome {
  readonly dir: string
  readonly places: Places
  readonly machine: MachineView
  readonly warnings: string[]
  /** Another core on the same folders, as after a restart. */
  openRunners(
    changes?: Partial<Settings['llamacpp']>,
    machine?: Partial<MachineView>,
    more?: Pick<SupervisorPorts, 'admission' | 'launchHold'>
  ): Runners
  /** An executable script in the folder. */
  script(name: string, text: string): string
  pidFile(name: string): number
  /** Fails if one of these still runs, after ending it. */
  remove(): void
}

export function makeRunnerHome(): RunnerHome {
  const dir = mkdtempSync(join(tmpdir(), 'firebreak-runners-'))
  for (const folder of ['config', 'data', 'run']) mkdirSync(join(dir, folder), { mode: 0o700 })
  const warnings: string[] = []
  const logger: Logger = {
    info: () => {},
    warn: (message) => warnings.push(message),
    error: (message, cause) => warnings.push(`${message} ${String(cause ?? '')}`)
  }
  const places: Places = {
    procRoot: '/proc',
    sysRoot: '/sys',
    runtimeDir: join(dir, 'run'),
    systemSentinelSocket: null,
    configDir: join(dir, 'config'),
    dataDir: join(dir, 'data'),
    rendererDir: dir,
    entryDir: dir,
    nodePath: process.execPath,
    homeDir: dir
  }
  const machine = createMachineView({ procRoot: '/proc', gpu: () => NO_GPU_YET })
  const opened: Runners[] = []
  return {
    dir,
    places,
    machine,
    warnings,
    openRunners(changes = {}, seen = {}, more = {}) {
      const settings: Settings = {
        ...defaultSettings(),
        llamacpp: { ...defaultSettings().llamacpp, ...changes }
      }
      const runners = createRunners({
        places,
        clock: systemClock,
        logger,
        machine: { ...machine, ...seen },
        settings: () => settings,
        adapters: ADAPTERS,
        ...more
      })
      opened.push(runners)
      return runners
    },
    script(name, text) {
      const path = join(dir, name)
      writeFileSync(path, text)
      chmodSync(path, 0o755)
      return path
    },
    pidFile: (name) => Number(readFileSync(join(dir, name), 'utf8')),
    remove() {
      const known = opened.flatMap((runners) => runners.list().flatMap((view) => view.pids))
      const written = readdirSync(dir).filter((name) => name.endsWith('.pid'))
      const left = [...known, ...written.map((name) => this.pidFile(name))].filter(isAlive)
      for (const runners of opened) runners.dispose()
      for (const pid of left) process.kill(pid, 'SIGKILL')
      rmSync(dir, { recursive: true, force: true })
      if (left.length > 0) throw new Error(`still running at the end: ${left.join(', ')}`)
    }
  }
}

/** Waits until a runner is in one of these states; a failure it did not wait for ends the wait with its words. */
export async function untilState(
  runners: Runners,
  id: string,
  ...wanted: readonly RunnerState[]
): Promise<RunnerView> {
  return until(
    `${id} to be ${wanted.join(' or ')}`,
    () => {
      const view = runners.list().find((candidate) => candidate.id === id)
      if (view && wanted.includes(view.state)) return view
      if (view?.state === 'failed') throw new Error(`${id} failed: ${view.text}`)
      return null
    },
    STATE_DEADLINE_MS
  )
}

export function viewOf(runners: Runners, id: string): RunnerView {
  const view = runners.list().find((candidate) => candidate.id === id)
  if (!view) throw new Error(`no runner ${id}`)
  return view
}
