import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { createRunners } from '../../src/main/runners/supervisor/runners.ts'
import { readBootId } from '../../src/main/runners/supervisor/state-file.ts'
import type { FoundProcess, Runners } from '../../src/main/runners/supervisor/types.ts'
import type { FieldProfile } from '../../src/shared/model/runner.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { openDiscovery, startElsewhere } from '../support/discovery-home.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

let home: RunnerHome
let started: number[]
let opened: Runners[]
let notices: string[]
beforeEach(() => {
  home = makeRunnerHome()
  started = []
  opened = []
  notices = []
})
afterEach(() => {
  for (const runners of opened) runners.dispose()
  for (const pid of started) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  return until('all to end', () => started.every((pid) => !isAlive(pid))).finally(() => home.remove())
})

const watched = (runners: Runners): Runners => {
  runners.onNotice(({ text }) => notices.push(text))
  opened.push(runners)
  return runners
}

const profileOf = (kind: FieldProfile['kind'], changes: Partial<FieldProfile> = {}): FieldProfile => ({
  id: kind,
  label: kind,
  kind,
  modelPath: '',
  settings: {},
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  ...changes
})

/** A program of somebody else's that does nothing. */
function runs(): { pid: number; startTicks: number } {
  const pid = startElsewhere('sleep', ['600'], home.dir).pid ?? 0
  started.push(pid)
  const startTicks = home.machine.processes().find((one) => one.pid === pid)?.startTicks ?? 0
  return { pid, startTicks }
}

const foundOf = (root: FoundProcess['root']): FoundProcess => ({
  root,
  members: [],
  processGroupId: root.pid,
  port: null,
  url: null,
  commandLine: ['x'],
  startedAtMs: Date.now(),
  unit: null,
  container: null
})

const recordOf = (profile: FieldProfile, root: FoundProcess['root']): object => ({
  profile,
  root,
  members: [],
  processGroupId: root.pid,
  mark: `${profile.id}:x:y`,
  scopeUnit: null,
  container: null,
  port: 0,
  url: '',
  modelBytes: null,
  startedAtMs: 1,
  readyAtMs: null,
  commandLine: ['x'],
  adopted: { unit: null },
  bootId: readBootId('/proc')
})

/** Of state files that could not be used. */
const copies = (): readonly string[] =>
  readdirSync(join(home.dir, 'data')).filter((name) => name.includes('.broken-'))

const writeRecords = (...runners: readonly unknown[]): void =>
  writeFileSync(join(home.dir, 'data', 'runners.json'), JSON.stringify({ version: 1, runners }))

describe('a found server whose address is not known', () => {
  test('is not taken over and told so, but can be stopped', async () => {
    // 'vllm serve Q --uds /x' for who reads its command line.
    writeFileSync(join(home.dir, 'serve'), 'setInterval(() => {}, 1000)\n')
    const child = spawn(process.execPath, ['serve', 'Q', '--uds', '/x'], {
      argv0: 'vllm',
      cwd: home.dir,
      detached: true,
      stdio: 'ignore'
    })
    const pid = child.pid ?? 0
    started.push(pid)
    const { discovery, untilFound } = openDiscovery(home, null)
    const { startTicks, url, problem } = await untilFound(pid)
    expect([url, problem]).toEqual([null, null])
    const adoptable = await discovery.adoptable({ pid, startTicks })
    expect(adoptable).toMatchObject({ error: { code: 'refused' } })
    expect(!adoptable.ok && adoptable.error.message).toContain('can be stopped here')
    expect(await discovery.stop({ pid, startTicks })).toMatchObject({ ok: true, value: { left: [] } })
    discovery.dispose()
  })

  test('leaves no record and no profile, whoever asks; a job that listens nowhere is taken over', async () => {
    const runners = watched(home.openRunners())
    const { id: _id, ...draft } = profileOf('vllm')
    expect(await runners.adoptFound(foundOf(runs()), draft)).toMatchObject({ error: { code: 'refused' } })
    expect(runners.list()).toEqual([])
    const { id: _job, ...job } = profileOf('finetune')
    expect(await runners.adoptFound(foundOf(runs()), job)).toMatchObject({ value: { state: 'ready' } })
    expect(await runners.stop('finetune')).toMatchObject({ ok: true })
  })
})

describe('what an earlier core left', () => {
  test('a server without an address is taken back without being asked, and can be stopped', async () => {
    const root = runs()
    writeRecords(recordOf(profileOf('vllm'), root))
    const runners = watched(home.openRunners())
    expect(await runners.adoptLeftRunning()).toMatchObject([{ id: 'vllm', state: 'ready', pids: [root.pid] }])
    expect(viewOf(runners, 'vllm').text).toContain('Its address is not known')
    expect(await runners.stop('vllm')).toMatchObject({ ok: true, value: { left: [] } })
    expect(isAlive(root.pid)).toBe(false)
  })

  test('a file that is no record at all is kept as it is, once', async () => {
    const text = '{"version":1,"runners":[{"id"'
    writeFileSync(join(home.dir, 'data', 'runners.json'), text)
    for (let start = 0; start < 2; start += 1) {
      const runners = watched(home.openRunners())
      expect(await runners.adoptLeftRunning()).toEqual([])
      runners.dispose()
    }
    const [kept = '', ...more] = copies()
    expect(more).toEqual([])
    expect(readFileSync(join(home.dir, 'data', kept), 'utf8')).toBe(text)
    expect(notices[0]).toContain(kept)
  })

  test('a damaged record is told, and does not lose the others', async () => {
    const [good, damaged] = [runs(), runs()]
    const label = 'Trainer'
    writeRecords({ profile: { label }, root: damaged }, 7, recordOf(profileOf('finetune'), good))
    const runners = watched(home.openRunners())
    expect(await runners.adoptLeftRunning()).toMatchObject([{ id: 'finetune', state: 'ready' }])
    expect(notices).toHaveLength(2)
    expect(notices[0]).toContain(`Trainer (pid ${damaged.pid})`)
    expect(notices[1]).toMatch(/^A runner was left running, but its record is damaged/)
    expect(readFileSync(join(home.dir, 'data', 'runners.json'), 'utf8')).not.toContain(label)
    // What was dropped can still be mended by hand: both notices name the one copy.
    const [kept = ''] = copies()
    expect(readFileSync(join(home.dir, 'data', kept), 'utf8')).toContain(label)
    expect(statSync(join(home.dir, 'data', kept)).mode & 0o077).toBe(0)
    for (const text of notices) expect(text).toContain(`a copy is kept as ${join(home.dir, 'data', kept)}`)
    expect(await runners.stop('finetune')).toMatchObject({ ok: true })
  })

  test('one that cannot be taken back is told, and does not keep the others away', async () => {
    const [good, bad] = [runs(), runs()]
    writeRecords(recordOf(profileOf('custom'), bad), recordOf(profileOf('finetune'), good))
    const runners = watched(
      home.openRunners(
        {},
        {
          hostBytes(pid) {
            if (pid === bad.pid) throw new Error('unreadable')
            return home.machine.hostBytes(pid)
          }
        }
      )
    )
    expect(await runners.adoptLeftRunning()).toMatchObject([{ id: 'finetune', state: 'ready' }])
    expect(notices).toEqual([`custom (pid ${bad.pid}) could not be taken back: unreadable.`])
    expect(await runners.stop('finetune')).toMatchObject({ ok: true })
  })

  test('a question that throws is said in the log, and asked again', async () => {
    const root = runs()
    writeRecords(recordOf(profileOf('finetune'), root))
    let asked = 0
    const probe = async (): Promise<'ready'> => {
      asked++
      if (asked < 3) throw new Error('no question')
      return 'ready'
    }
    const runners = watched(
      customRunners({ adapters: { ...ADAPTERS, finetune: { ...ADAPTERS.finetune, probe } } })
    )
    expect(await runners.adoptLeftRunning()).toMatchObject([{ state: 'loading' }])
    await untilState(runners, 'finetune', 'ready')
    expect(home.warnings.filter((line) => line.includes('no question'))).toHaveLength(2)
    expect(await runners.stop('finetune')).toMatchObject({ ok: true })
  })
})

const customRunners = (changes: Partial<Parameters<typeof createRunners>[0]>): Runners =>
  createRunners({
    places: home.places,
    clock: systemClock,
    logger: {
      info: () => {},
      warn: (text) => home.warnings.push(text),
      error: (text, cause) => home.warnings.push(`${text} ${String(cause)}`)
    },
    machine: home.machine,
    settings: defaultSettings,
    adapters: ADAPTERS,
    ...changes
  })

describe('a profile that becomes another kind', () => {
  const sleeper = profileOf('custom', {
    id: 'x',
    label: 'x',
    settings: { ready: 'running', command: ['sleep', '600'] }
  })

  test('is from then on run as that', async () => {
    const runners = watched(home.openRunners())
    await runners.saveProfile(profileOf('ollama', { id: 'x', label: 'x', modelPath: 'qwen3:8b' }))
    expect(await runners.saveProfile(sleeper)).toMatchObject({ ok: true })
    expect(viewOf(runners, 'x').kind).toBe('custom')
    expect(await runners.start('x', undefined)).toMatchObject({ ok: true })
    const { pids } = await untilState(runners, 'x', 'ready')
    started.push(...pids)
    // Not while it runs.
    const other = profileOf('ollama', { id: 'x', label: 'x', modelPath: 'qwen3:8b' })
    expect(await runners.saveProfile(other)).toMatchObject({ error: { code: 'refused' } })
    expect(runners.profiles()).toMatchObject([{ kind: 'custom' }])
    expect(viewOf(runners, 'x').kind).toBe('custom')
    expect(await runners.stop('x')).toMatchObject({ ok: true, value: { left: [] } })
    expect(await runners.saveProfile(other)).toMatchObject({ ok: true })
    expect(viewOf(runners, 'x').kind).toBe('ollama')
  })
})

test('a container engine that throws fails the start, and a stop does not wait for it', async () => {
  mkdirSync(join(home.dir, 'data', 'logs'), { recursive: true })
  const never = (): never => {
    throw new Error('no engine')
  }
  const runners = watched(
    customRunners({
      containers: { commandLine: () => ['docker'], start: async () => never(), attach: never }
    })
  )
  const container = {
    image: 'a/b:1',
    gpus: false,
    shmMiB: 0,
    hostIpc: false,
    mounts: [],
    env: []
  }
  await runners.saveProfile(profileOf('vllm', { modelPath: 'Qwen/Q', container }))
  const failed = await runners.start('vllm', undefined)
  expect(failed).toMatchObject({ error: { code: 'internal' } })
  expect(!failed.ok && failed.error.message).toContain('no engine')
  expect(viewOf(runners, 'vllm').state).toBe('failed')
  expect(await runners.stop('vllm')).toMatchObject({ error: { code: 'not-running' } })
})
