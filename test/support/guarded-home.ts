import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { CommandOutput } from '../../src/shared/contract/commands.ts'
import { fakeServer } from './fake-server.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from './headless-core.ts'
import { makeGguf } from './make-gguf.ts'
import { isAlive, until } from './until.ts'

const MIB = 1024 ** 2
/** What an eater takes in all, and per step of 50 ms: 320 MiB/s. */
export const EATEN_BYTES = 896 * MIB
const STEP_BYTES = 16 * MIB
/** What a runner named 'eater' holds from the start: the most of all, so that it comes first whatever else moves. */
const FIRST_BYTES = 64 * MIB
/** Between what is available now and where the guard is to warn, and what it is to keep. */
const TO_RESERVE = 64 * MIB
const TO_FLOOR = 320 * MIB
/** Other programs of this machine give memory back meanwhile: from here on the thresholds follow. */
const FOLLOW_BYTES = 32 * MIB

/** Takes memory after SIGUSR2, step by step up to a bound, and holds it. */
const EATER = `
const held = [Buffer.alloc(process.argv.includes('--port') && process.argv.join().includes('eater') ? ${FIRST_BYTES} : 0, 1)]
process.on('SIGUSR2', () => setInterval(() => {
  if (held.length <= ${EATEN_BYTES / STEP_BYTES}) held.push(Buffer.alloc(${STEP_BYTES}, 1))
}, 50))
`

type Guard = CommandOutput<'guard.get'>
/** A process that is no runner. */
export interface Program {
  readonly pid: number
  /** Takes orders. */
  isReady(): boolean
}

type Runner = CommandOutput<'runners.list'>[number]

/** A user's folders with a real core, runners that eat memory on command, and thresholds that follow this machine. */
export interface GuardedHome {
  readonly home: Home
  start(): Promise<HeadlessCore>
  /** A profile whose runner is an eater. */
  runner(id: string, more?: { readonly pinned?: boolean }): void
  /** An eater nobody but the test knows. */
  program(): Program
  /** Ends everything it started. */
  end(): Promise<void>
}

export function makeGuardedHome(
  env: Readonly<Record<string, string>> = {},
  settings: Readonly<Record<string, unknown>> = {}
): GuardedHome {
  const made = makeHome(settings)
  const home: Home = { ...made, env: { ...made.env, ...env } }
  const binary = join(home.dir, 'eating-server')
  writeFileSync(binary, fakeServer(process.execPath, { atStart: EATER }))
  chmodSync(binary, 0o755)
  const cores: HeadlessCore[] = []
  const programs: ChildProcess[] = []
  const models = new Map<string, object>()
  return {
    home,
    async start() {
      const core = await startHeadless(home)
      cores.push(core)
      for (const profile of models.values()) await core.client.call('profiles.save', profile as never)
      return core
    },
    runner(id, more = {}) {
      const modelPath = join(home.dir, `${id}.gguf`)
      makeGguf(modelPath)
      models.set(id, {
        id,
        label: id,
        kind: 'llamacpp',
        modelPath,
        settings: {
          contextTokens: 512,
          port: 0,
          gpuLayers: 0,
          parallelSlots: 1,
          promptCacheMiB: 0,
          contextCheckpoints: 0,
          binary,
          extraArgs: []
        },
        restartOnCrash: true,
        importance: 'normal',
        pinned: more.pinned ?? false,
        floorBytes: null,
        lan: false,
        container: null
      })
    },
    program() {
      const ready = join(home.dir, `ready-${programs.length}`)
      const code = `${EATER}; setInterval(() => {}, 1000); require('fs').writeFileSync(${JSON.stringify(ready)}, '')`
      const child = spawn(process.execPath, ['-e', code], { detached: true, stdio: 'ignore' })
      programs.push(child)
      if (child.pid === undefined) throw new Error('the program did not start')
      return { pid: child.pid, isReady: () => existsSync(ready) }
    },
    async end() {
      const pids = new Set<number>()
      for (const core of cores.splice(0)) {
        if (!isAlive(core.pid)) continue
        const runners = await core.client.call('runners.list', {})
        for (const view of runners.ok ? runners.value : []) for (const pid of view.pids) pids.add(pid)
        const guard = await core.client.call('guard.get', {})
        if (guard.ok && guard.value.sentinel.pid !== null) pids.add(guard.value.sentinel.pid)
        await core.end()
      }
      for (const program of programs) if (program.pid !== undefined) pids.add(program.pid)
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      await until('what the test started to end', () => [...pids].every((pid) => !isAlive(pid)))
      home.remove()
    }
  }
}

/** Makes homes that are ended after each test. */
export function useGuardedHomes(): typeof makeGuardedHome {
  const homes: GuardedHome[] = []
  afterEach(async () => {
    for (const one of homes.splice(0)) await one.end()
  })
  return (env, settings) => {
    const made = makeGuardedHome(env, settings)
    homes.push(made)
    return made
  }
}

export async function guardOf(core: HeadlessCore): Promise<Guard> {
  const view = await core.client.call('guard.get', {})
  if (!view.ok) throw new Error(view.error.message)
  return view.value
}

export async function runnerOf(core: HeadlessCore, id: string): Promise<Runner> {
  const views = await core.client.call('runners.list', {})
  const found = views.ok ? views.value.find((view) => view.id === id) : undefined
  if (found === undefined) throw new Error(`no runner ${id}`)
  return found
}

/** Started, ready and armed. */
export async function startRunner(core: HeadlessCore, id: string): Promise<Runner> {
  const started = await core.client.call('runners.start', { target: id })
  if (!started.ok) throw new Error(started.error.message)
  return until(`${id} to be ready`, async () => {
    const view = await runnerOf(core, id)
    return view.state === 'ready' && view
  })
}

export const untilArmed = (core: HeadlessCore, id: string): Promise<Guard> =>
  until(`the sentinel to have ${id} armed`, async () => {
    const view = await guardOf(core)
    return view.sentinel.state === 'guarding' && view.sentinel.armedIds.includes(id) && view
  })

/** Sets the thresholds just below what is available now, and waits until the guard works by them. */
export async function tighten(core: HeadlessCore, reserve?: number): Promise<void> {
  const live = await core.client.call('status.get', {})
  if (!live.ok) throw new Error(live.error.message)
  const available = live.value.memAvailableBytes
  const floorBytes = available - TO_FLOOR
  await setThresholds(core, reserve ?? available - TO_RESERVE, floorBytes)
  await until('the thresholds', async () => (await guardOf(core)).floorBytes === floorBytes)
}

/**
 * What other programs of this machine take or give back changes nothing any more: no floor to fall below, and a
 * reserve that is never whole, so that a frozen one waits for its answer and is not let go on.
 */
export const steady = (core: HeadlessCore): Promise<void> => setThresholds(core, Number.MAX_SAFE_INTEGER, 0)

/** Nothing to guard against. */
export const loosen = (core: HeadlessCore): Promise<void> => setThresholds(core, 0, 0)

async function setThresholds(core: HeadlessCore, reserveBytes: number, floorBytes: number): Promise<void> {
  const live = await core.client.call('status.get', {})
  if (!live.ok) throw new Error(live.error.message)
  // No more than all of it is taken.
  const most = Math.min(reserveBytes, live.value.memTotalBytes)
  const set = await core.client.call('settings.set', { reserveBytes: most, floorBytes })
  if (!set.ok) throw new Error(set.error.message)
}

/**
 * Sets the thresholds, has the eater begin, and waits for what the guard is to do about it. Memory that other programs
 * give back meanwhile would leave nothing to guard against, so the thresholds follow it upwards.
 */
export async function eatUntil(
  core: HeadlessCore,
  pid: number,
  what: string,
  look: () => Promise<boolean>
): Promise<void> {
  await tighten(core)
  process.kill(pid, 'SIGUSR2')
  await until(what, async () => {
    if (await look()) return true
    const live = await core.client.call('status.get', {})
    if (!live.ok) throw new Error(live.error.message)
    const { memAvailableBytes, guard } = live.value
    if (memAvailableBytes - TO_FLOOR > guard.floorBytes + FOLLOW_BYTES) await tighten(core)
    return false
  })
}

export const oomScoreOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1'))

/** T: stopped by a signal. */
export function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  } catch {
    return 'gone'
  }
}
