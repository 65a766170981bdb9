import { describe, expect, it } from 'vitest'
import type { Handlers } from '../../../src/main/transport/dispatcher.ts'
import type { GuardEvent } from '../../../src/shared/model/guard.ts'
import { err, ok } from '../../../src/shared/util/result.ts'
import { useCliBench } from '../../support/cli-bench.ts'
import { sampleDrill, sampleGuardView, sampleIncident } from '../../support/fake-guard.ts'

const GIB = 1024 ** 3
const { withCore, cli, nobody } = useCliBench()

describe('guard', () => {
  it('shows how it stands, and changes nothing', async () => {
    const { dir, core } = await withCore()
    const { exit, stdout } = await cli(dir, 'guard')
    expect(exit).toBe(0)
    expect(stdout.startsWith('balanced, calm\n')).toBe(true)
    expect(stdout).toContain('reserve     6.0 GiB (automatic)')
    expect(stdout).toContain('guarding (pid 77), rights of the user, memory not locked, ordinary priority')
    expect(stdout).toContain('Its program is not locked in memory: the limit')
    expect(stdout).toContain('If memory ran out now: stop tiny, 2.0 GiB back.')
    expect(stdout).toContain("none yet; try 'firebreakctl drill'")
    expect(core.calls.map(({ command }) => command)).toEqual(['guard.get'])
  })

  it('is the contract’s view as JSON', async () => {
    const { dir } = await withCore()
    expect(JSON.parse((await cli(dir, 'guard', '--json')).stdout)).toEqual(sampleGuardView)
  })

  it('says who is refused and why, whom it cannot reach and what it asks', async () => {
    const { dir } = await withCore({
      'guard.get': async () =>
        ok({
          ...sampleGuardView,
          sentinel: { ...sampleGuardView.sentinel, unreachableIds: ['container:ab'] },
          ranking: {
            victims: [],
            refused: [
              { id: 'f', label: 'other\u001b[31m', kind: 'foreign', bytes: GIB, because: 'not-allowed' }
            ]
          },
          ask: {
            watchId: 'main',
            victimId: 'tiny',
            label: 'tiny',
            stage: 'warn',
            text: 'Stop tiny?',
            actsAtMs: null,
            victimBytes: GIB
          }
        } as never)
    })
    const { stdout } = await cli(dir, 'guard')
    expect(stdout).toContain('not started by Firebreak, and not allowed')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toContain('cannot stop container:ab')
    expect(stdout).toContain('It asks: Stop tiny?')
    expect(stdout).toContain('Without an answer it is paused if memory reaches the floor.')
    expect(stdout).toContain('Answer with: firebreakctl answer tiny stop|continue\n')
  })

  it.each([
    [['strict'], { guard: { mode: 'strict' }, reserveBytes: null, floorBytes: null }],
    [['off'], { guard: { mode: 'off' }, reserveBytes: null, floorBytes: null }],
    [['custom'], { guard: { mode: 'custom' } }],
    [
      ['custom', '--reserve', '8GiB', '--floor', '512 MiB'],
      { guard: { mode: 'custom' }, reserveBytes: 8 * GIB, floorBytes: GIB / 2 }
    ],
    [['custom', '--reserve=1.5g'], { guard: { mode: 'custom' }, reserveBytes: 1.5 * GIB }],
    [
      ['custom', '--reserve', '4096', '--floor', 'auto'],
      { guard: { mode: 'custom' }, reserveBytes: 4096, floorBytes: null }
    ]
  ])('%j sets what it says', async (args, patch) => {
    const { dir, core } = await withCore()
    expect((await cli(dir, 'guard', ...args)).exit).toBe(0)
    expect(core.calls).toContainEqual({ command: 'settings.set', input: patch })
  })

  it.each([
    [['blanced'], "Did you mean 'balanced'?"],
    [['balanced', 'strict'], 'one argument too many'],
    [['custom', '--reserve', 'much'], "--reserve takes a size like 6GiB, 512MiB or 0, or 'auto', not 'much'"],
    [['custom', '--floor', '6 PiB'], '--floor takes a size'],
    [['custom', '--floor', '-1'], '--floor'],
    [['--reserve', '6GiB'], "belong to the mode 'custom'"],
    [['strict', '--floor', '6GiB'], "belong to the mode 'custom'"]
  ])('%j exits 2 and says what is right', async (args, hint) => {
    const ran = await cli(nobody, 'guard', ...args)
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toContain(hint)
  })

  it.each([
    ['--reserve', '65g'],
    ['--floor', '64.5GiB']
  ])('refuses what the panel refuses, in the same words: %s %s', async (option, size) => {
    const { dir, core } = await withCore()
    const ran = await cli(dir, 'guard', 'custom', option, size)
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toContain('Half of this machine’s memory at most: 64 GiB.')
    expect(core.calls.some(({ command }) => command === 'settings.set')).toBe(false)
  })

  it('passes on that the settings were refused', async () => {
    const { dir } = await withCore({
      'settings.set': async () => err({ code: 'settings-invalid', message: 'the floor is above the reserve' })
    })
    const ran = await cli(dir, 'guard', 'custom', '--reserve', '1g', '--floor', '2g')
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toContain('the floor is above the reserve')
  })
})

describe('answer', () => {
  const ask = {
    watchId: 'main',
    victimId: 'tiny',
    label: 'tiny',
    stage: 'frozen' as const,
    text: 'Paused tiny.',
    actsAtMs: null,
    victimBytes: GIB
  }
  const asking: Partial<Handlers> = { 'guard.get': async () => ok({ ...sampleGuardView, ask } as never) }

  it.each([
    ['stop', 'stop', 'tiny is being stopped.'],
    ['continue', 'continue', 'tiny goes on.'],
    ['keep', 'keep-frozen', 'tiny stays paused']
  ])('%s is given to the guard', async (word, choice, said) => {
    const { dir, core } = await withCore({ ...asking, 'guard.answer': async () => ok({}) })
    const { exit, stdout } = await cli(dir, 'answer', 'tiny', word)
    expect(exit).toBe(0)
    expect(stdout).toContain(said)
    const input = { watchId: 'main', victimId: 'tiny', choice }
    expect(core.calls).toContainEqual({ command: 'guard.answer', input })
  })

  it('exits 3 when nothing, or another one, is asked about, and when it came too late', async () => {
    const calm = await withCore()
    const ran = await cli(calm.dir, 'answer', 'tiny', 'stop')
    expect(ran).toMatchObject({ exit: 3, stdout: '' })
    expect(ran.stderr).toContain('it asks nothing')
    const late = await withCore({
      ...asking,
      'guard.answer': async () => err({ code: 'refused', message: 'Nobody is asked about that any more.' })
    })
    expect((await cli(late.dir, 'answer', 'huge', 'stop')).stderr).toContain('it asks about tiny')
    expect(await cli(late.dir, 'answer', 'tiny', 'stop')).toMatchObject({ exit: 3, stdout: '' })
  })

  it('exits 2 for an answer that does not exist', async () => {
    const ran = await cli(nobody, 'answer', 'tiny', 'stopp')
    expect(ran.exit).toBe(2)
    expect(ran.stderr).toContain("Did you mean 'stop'?")
  })
})

const drillEvent = (sequence: number, kind: GuardEvent['kind'], watchId = 'drill'): GuardEvent => ({
  sequence,
  atMs: sequence,
  monotonicMs: sequence,
  watchId,
  kind,
  victimId: 'drill-1',
  label: 'Fire drill',
  reasons: [],
  availableBytes: GIB,
  floorBytes: GIB,
  secondsToEmpty: null,
  bytes: GIB
})

describe('drill', () => {
  it('tells how it goes on stderr, each step once, and the report on stdout', async () => {
    const { dir, core } = await withCore({
      'guard.drill': async () => {
        const [warn, other, freeze] = [
          drillEvent(3, 'warn'),
          drillEvent(4, 'freeze', 'main'),
          drillEvent(5, 'freeze')
        ]
        for (const lastEvents of [[warn], [freeze, other, warn], [freeze, other, warn]]) {
          core.emit('guard', { ...sampleGuardView, lastEvents, drillRunning: true } as never)
        }
        return ok(sampleDrill as never)
      },
      'guard.get': async () => ok({ ...sampleGuardView, lastEvents: [drillEvent(1, 'kill')] } as never)
    })
    const { exit, stdout, stderr } = await cli(dir, 'drill')
    expect(exit).toBe(0)
    expect(stderr.split('\n').filter(Boolean)).toEqual([
      'firebreakctl: a process takes memory, within a bound that cannot hurt',
      'firebreakctl: the guard warns',
      'firebreakctl: the guard has paused it; nobody answers'
    ])
    expect(stdout.startsWith('Passed. Warned after 2.1 s, paused after 4.0 s, stopped after 7.2 s;')).toBe(
      true
    )
    expect(stdout).toMatch(/warned +2\.1 s\npaused +4\.0 s\nstopped +7\.2 s\nmemory back +7\.6 s/)
  })

  it('prints the whole report as JSON', async () => {
    const { dir } = await withCore()
    expect(JSON.parse((await cli(dir, 'drill', '--json')).stdout)).toEqual(sampleDrill)
  })

  it('exits 4 when it was not passed, with the report all the same', async () => {
    const failed = { ...sampleDrill, passed: false, text: 'The guard did not pause.', frozenAtS: null }
    const { dir } = await withCore({ 'guard.drill': async () => ok(failed as never) })
    const { exit, stdout, stderr } = await cli(dir, 'drill')
    expect(exit).toBe(4)
    expect(stdout.startsWith('Not passed. The guard did not pause.')).toBe(true)
    expect(stdout).toMatch(/paused +-/)
    expect(stderr).toContain('not passed')
  })

  it.each(['refused', 'already-running'] as const)('exits 3 when it is %s', async (code) => {
    const { dir } = await withCore({ 'guard.drill': async () => err({ code, message: 'too little memory' }) })
    const ran = await cli(dir, 'drill')
    expect(ran).toMatchObject({ exit: 3, stdout: '' })
    expect(ran.stderr).toContain('too little memory')
  })
})

describe('incidents', () => {
  it('lists the newest first, as the core has them', async () => {
    const { dir } = await withCore()
    const { stdout } = await cli(dir, 'incidents')
    expect(stdout).toMatch(/^2026-\d\d-\d\d \d\d:\d\d:\d\d {2}acted-1790000000000 {2}Stopped tiny\n$/)
    const { curve: _curve, events: _events, ...summary } = sampleIncident
    expect(JSON.parse((await cli(dir, 'incidents', '--json')).stdout)).toEqual([summary])
  })

  it('shows one whole', async () => {
    const { dir } = await withCore()
    const { stdout } = await cli(dir, 'incidents', sampleIncident.id)
    expect(stdout).toContain(sampleIncident.text)
    expect(stdout).toContain('paused  3.0 GiB  Memory will be below the floor in about 1 s.')
    expect(stdout).toContain('61.0 GiB  tiny')
    expect(JSON.parse((await cli(dir, 'incidents', sampleIncident.id, '--json')).stdout)).toEqual(
      sampleIncident
    )
  })

  it('says that there are none, and that one is unknown', async () => {
    const { dir } = await withCore({ 'incidents.list': async () => ok([]) })
    expect((await cli(dir, 'incidents')).stdout).toContain('No incidents')
    expect((await cli(dir, 'incidents', 'nothing')).exit).toBe(2)
  })
})

it.each(['guard', 'drill', 'incidents'])('%s exits 5 without a core', async (name) => {
  const ran = await cli(nobody, name, '--json')
  expect(ran.exit).toBe(5)
  expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'disconnected' } })
})

it('help shows what may be left out', async () => {
  const { stdout } = await cli(nobody, 'guard', '--help')
  expect(stdout).toContain('firebreakctl guard [MODE] [options]')
  expect(stdout).toContain('off, observe, relaxed, balanced, strict, custom')
})
