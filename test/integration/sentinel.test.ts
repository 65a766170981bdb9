import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeBlackBox, type BlackBoxContent } from '../../src/shared/domain/black-box/decode.ts'
import type { OpenAct } from '../../src/main/sentinel/protocol.ts'
import { startEater, type Eater, type EaterOptions } from '../support/eater-process.ts'
import { fakeMemory, type FakeMemory } from '../support/fake-memory.ts'
import { startNamed, type NamedProgram } from '../support/named-program.ts'
import {
  connectStandIn,
  identityOf,
  runSentinel,
  startSentinel,
  stateOf,
  victimOf,
  watchOf,
  type CoreStandIn,
  type SentinelOptions,
  type SentinelProcess
} from '../support/sentinel-process.ts'
import { isAlive, until } from '../support/until.ts'

// The real process, real signals to real processes; memory is as the test says.

const MIB = 1024 ** 2
/** A user without rights, on every Linux. */
const NOBODY = 65_534
/** The first child of kthreadd: root's, and out of every signal's reach. */
const KERNEL_THREAD = 3

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function memory(availableMib = 4_096): FakeMemory {
  const fake = fakeMemory(8_192, availableMib)
  cleanups.push(() => fake.remove())
  return fake
}
async function sentinel(fake: FakeMemory, options: SentinelOptions = {}): Promise<SentinelProcess> {
  const started = await startSentinel({ procRoot: fake.procRoot, ...options })
  cleanups.push(() => started.remove())
  return started
}
/** A fall that ends as soon as the guard froze the hog, above the floor: then it waits for an answer. */
async function fallUntilFrozen(fake: FakeMemory, stand: CoreStandIn, hog: Eater): Promise<void> {
  const falling = fake.fall(100, 1_000, () => states(hog).includes('T') === false)
  await stand.event('freeze')
  await falling
  fake.set(700)
  await until('it is frozen', () => states(hog).every((state) => state === 'T'))
}
async function core(process: SentinelProcess, blackBoxPath: string | null = null): Promise<CoreStandIn> {
  const connected = await connectStandIn(process.socketPath, blackBoxPath)
  cleanups.push(() => connected.close())
  return connected
}
async function eater(options: EaterOptions = {}): Promise<Eater> {
  const started = await startEater(options)
  cleanups.push(() => started.end())
  return started
}
async function named(name: string, later = name): Promise<NamedProgram> {
  const started = await startNamed(name, later)
  cleanups.push(() => started.end())
  return started
}
/** As a core tells it to a successor. */
const openAct = (stage: OpenAct['stage']): OpenAct => ({
  victimId: 'hog',
  label: 'hog',
  bytes: 256 * MIB,
  stage,
  sinceMs: Number(process.hrtime.bigint()) / 1e6,
  availableBytes: 300 * MIB
})
const states = (hog: Eater): readonly (string | null)[] => hog.pids.map(stateOf)
const allGone = (hog: Eater): boolean => hog.pids.every((pid) => !isAlive(pid))
const kinds = (stand: CoreStandIn): readonly string[] => stand.events().map((event) => event.kind)

describe('the ladder on real processes', () => {
  it('freezes the one that is first, kills it when memory falls on, and proves what came back', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    const other = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids), victimOf('other', other.pids)])])
    void fake.fall(100, 2_000)
    const frozen = await stand.event('freeze')
    expect(frozen).toMatchObject({ watchId: 'main', victimId: 'hog', label: 'hog' })
    expect(frozen.reasons.length).toBeGreaterThan(0)
    await stand.event('kill')
    await stand.event('gone')
    expect(allGone(hog)).toBe(true)
    fake.set(4_096)
    const back = await stand.event('memory-back')
    expect(back.bytes).toBeGreaterThan(3_000 * MIB)
    expect(states(other)).not.toContain('T')
    expect(other.pids.every(isAlive)).toBe(true)
  })

  it('waits frozen for the answer, asks in its state, and thaws on "continue"', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)], { answerMs: null })])
    await fallUntilFrozen(fake, stand, hog)
    await until('the question', () => stand.state()?.watches[0]?.ask?.stage === 'frozen')
    expect(stand.state()?.watches[0]).toMatchObject({
      holdLaunches: true,
      ask: { victimId: 'hog', label: 'hog' }
    })
    stand.send({ type: 'answer', watchId: 'main', victimId: 'hog', choice: 'continue' })
    await until('it runs again', () => !states(hog).includes('T'))
    await stand.event('thaw')
    expect(allGone(hog)).toBe(false)
  })

  it('ends the whole tree on "stop", though it was frozen', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater({ child: 'child' })
    stand.arm([watchOf([victimOf('hog', hog.pids)], { answerMs: null })])
    await fallUntilFrozen(fake, stand, hog)
    stand.send({ type: 'answer', watchId: 'main', victimId: 'hog', choice: 'stop' })
    await stand.event('terminate')
    await stand.event('gone')
    expect(allGone(hog)).toBe(true)
    expect(kinds(stand)).not.toContain('kill')
  })

  it('kills after the grace who does not heed SIGTERM', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater({ ignoreTerm: true })
    stand.arm([watchOf([victimOf('hog', hog.pids, { graceMs: 200 })])])
    await until('a decision', () => stand.state())
    stand.send({ type: 'answer', watchId: 'main', victimId: 'hog', choice: 'stop' })
    await stand.event('terminate')
    await stand.event('kill')
    await until('it is gone', () => allGone(hog))
  })

  it('finds a child that holds the memory though only its parent was armed', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater({ child: 'child', ignoreTerm: true })
    stand.arm([watchOf([victimOf('hog', hog.pids.slice(0, 1), { graceMs: 200 })])])
    void fake.fall(100, 2_000)
    await stand.event('kill')
    await until('both are gone', () => allGone(hog))
  })

  it('finds who left the session through the group of processes the kernel keeps', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    const leaver = await eater()
    // Listed as the kernel lists a control group; the real one may not be writable here.
    const cgroupDir = mkdtempSync(join(tmpdir(), 'cgroup-'))
    cleanups.push(() => rmSync(cgroupDir, { recursive: true }))
    mkdirSync(join(cgroupDir, 'nested'))
    writeFileSync(join(cgroupDir, 'cgroup.procs'), `${hog.pids.join('\n')}\n`)
    writeFileSync(join(cgroupDir, 'nested', 'cgroup.procs'), `${leaver.pids.join('\n')}\n`)
    stand.arm([watchOf([victimOf('hog', hog.pids, { cgroupDir })])])
    void fake.fall(100, 2_000)
    await stand.event('kill')
    await until('both are gone', () => allGone(hog) && allGone(leaver))
  })

  it('finds who lost its parent through the process group', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater({ child: 'child' })
    const [leader = 0, child = 0] = hog.pids
    const groupLeaders = [identityOf(leader)]
    stand.arm([watchOf([victimOf('hog', [child], { groupLeaders })])])
    void fake.fall(100, 2_000)
    await stand.event('kill')
    await until('both are gone', () => allGone(hog))
  })

  it('never touches another process that has the pid now', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const bystander = await eater()
    const [pid = 0] = bystander.pids
    const stale = { pid, startTicks: identityOf(pid).startTicks - 1 }
    stand.arm([watchOf([victimOf('hog', [], { processes: [stale], groupLeaders: [stale] })])])
    await fake.fall(100, 2_000)
    await until('the emergency is seen', () => stand.state()?.watches[0]?.level === 'emergency')
    expect(bystander.pids.every(isAlive)).toBe(true)
    expect(states(bystander)).not.toContain('T')
    expect(kinds(stand).filter((kind) => kind !== 'warn')).toEqual([])
  })

  it('never touches init, itself or its core', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const stand = await core(guard)
    const armed = victimOf('all', [1, guard.pid, process.pid], { groupLeaders: [identityOf(guard.pid)] })
    stand.arm([watchOf([armed])])
    await fake.fall(100, 2_000)
    await until('the emergency is seen', () => stand.state()?.watches[0]?.level === 'emergency')
    expect(guard.exited()).toBeNull()
    expect(kinds(stand).filter((kind) => kind !== 'warn')).toEqual([])
  })

  it('never touches a program of the user’s list, though it was armed, and takes the next one', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const kept = await named('kept-app')
    const hog = await eater()
    stand.arm([
      {
        ...watchOf([victimOf('process:1:1', [kept.pid]), victimOf('hog', hog.pids)]),
        protectedNames: ['kept-*']
      }
    ])
    void fake.fall(100, 2_000)
    await stand.event('kill')
    await until('the other is gone', () => allGone(hog))
    expect(stateOf(kept.pid)).not.toBeNull()
    expect(stand.events().every(({ victimId }) => victimId !== 'process:1:1')).toBe(true)
  })

  it.each([
    ['the user’s list', ['kept-app']],
    ['the built-in list', []]
  ])('looks at the names once more before it acts: %s', async (_, protectedNames) => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const later = protectedNames[0] ?? 'firefox'
    const turned = await named('some-app', later)
    const hog = await eater()
    stand.arm([
      { ...watchOf([victimOf('process:1:1', [turned.pid]), victimOf('hog', hog.pids)]), protectedNames }
    ])
    await until('both are armed', () => stand.state()?.status.armedIds.length === 2)
    expect(stand.state()?.status.unreachableIds).toEqual([])
    await turned.turn()
    void fake.fall(100, 2_000)
    await stand.event('kill')
    await until('the other is gone', () => allGone(hog))
    expect(stateOf(turned.pid)).not.toBeNull()
    // The warning came before the look.
    const acts = stand.events().filter(({ kind }) => kind !== 'warn')
    expect(acts.every(({ victimId }) => victimId === 'hog')).toBe(true)
  })

  it('lets go on whom an earlier core had frozen and the user has put on the list', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const app = await named('kept-app')
    stand.arm([watchOf([victimOf('process:1:1', [app.pid])], { answerMs: null })])
    await until('armed', () => stand.state()?.status.armedIds.length === 1)
    const falling = fake.fall(100, 1_000, () => stateOf(app.pid) !== 'T')
    await stand.event('freeze')
    await falling
    fake.set(700)
    stand.arm([{ ...watchOf([], { answerMs: null }), keepsOthers: true, protectedNames: ['kept-app'] }])
    await stand.event('thaw')
    await until('it runs again', () => stateOf(app.pid) !== 'T')
  })

  it('guards a runner whatever its program is called on that list', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const own = await named('kept-app')
    stand.arm([{ ...watchOf([victimOf('own', [own.pid])]), protectedNames: ['kept-app'] }])
    void fake.fall(100, 2_000)
    expect(await stand.event('freeze')).toMatchObject({ victimId: 'own' })
    await until('it is gone', () => stateOf(own.pid) === null)
  })

  it('says in observe mode what it would have done, and does nothing', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)], { mode: 'observe' })])
    await fake.fall(100, 2_000)
    const would = await stand.event('would')
    expect(would).toMatchObject({ victimId: 'hog' })
    expect(states(hog)).not.toContain('T')
    expect(allGone(hog)).toBe(false)
  })

  it('tells of a runner it could not stop, and leaves it out', async () => {
    const fake = memory()
    chmodSync(fake.procRoot, 0o755)
    // As root there is nobody out of reach: then the sentinel runs as somebody else, else a root process is armed.
    const isRoot = process.getuid?.() === 0
    const stand = await core(await sentinel(fake, isRoot ? { uid: NOBODY } : {}))
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', isRoot ? hog.pids : [KERNEL_THREAD])])])
    await until('it is named', () => stand.state()?.status.unreachableIds.includes('hog'))
    expect(stand.state()?.status).toMatchObject({
      rights: 'user',
      memoryLocked: false,
      priorityRaised: false
    })
    expect(stand.state()?.status.notes.length).toBeGreaterThanOrEqual(4)
    await fake.fall(100, 2_000)
    await until('the emergency is seen', () => stand.state()?.watches[0]?.level === 'emergency')
    expect(states(hog)).not.toContain('T')
    expect(kinds(stand).filter((kind) => kind !== 'warn')).toEqual([])
  })
})

describe('the same name again', () => {
  it('leaves a new run alone that begins while memory of the one it killed is still missing', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)])])
    await fake.fall(100, 2_000)
    await stand.event('gone')
    fake.set(200)
    const again = await eater()
    stand.arm([watchOf([victimOf('hog', again.pids)])])
    const from = stand.state()?.ticks ?? 0
    await until('some more looks', () => (stand.state()?.ticks ?? 0) > from + 30)
    expect(again.pids.every(isAlive)).toBe(true)
    expect(states(again)).not.toContain('T')
    expect(stand.state()?.status.armedIds).toContain('hog')
  })

  it('does not take a container that started again in its old control group for the one it killed', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater({ ignoreTerm: true })
    const cgroupDir = mkdtempSync(join(tmpdir(), 'cgroup-'))
    cleanups.push(() => rmSync(cgroupDir, { recursive: true }))
    writeFileSync(join(cgroupDir, 'cgroup.procs'), `${hog.pids.join('\n')}\n`)
    stand.arm([watchOf([victimOf('hog', hog.pids, { cgroupDir, graceMs: 60_000 })])])
    await until('it is armed', () => stand.state()?.status.armedIds.includes('hog'))
    stand.send({ type: 'answer', watchId: 'main', victimId: 'hog', choice: 'stop' })
    await stand.event('terminate')
    const again = await eater()
    writeFileSync(join(cgroupDir, 'cgroup.procs'), `${again.pids.join('\n')}\n`)
    await hog.end()
    await stand.event('gone')
    expect(again.pids.every(isAlive)).toBe(true)
  })
})

describe('without its core', () => {
  it('acts on what was armed, and the next core gets the events', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const first = await core(guard)
    const hog = await eater()
    first.arm([watchOf([victimOf('hog', hog.pids)])])
    await until('it is armed', () => first.state()?.status.armedIds.includes('hog'))
    first.close()
    await fake.fall(100, 2_000)
    await until('it acted', () => allGone(hog))
    const second = await core(guard)
    await second.event('freeze')
    await second.event('kill')
    const sequences = second.events().map((event) => event.sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    // Told once more to a third, until a core has kept them.
    second.send({ type: 'ack', sequence: Math.max(...sequences) })
    await until('it has nothing left', async () => {
      const third = await core(guard)
      await until('its state', () => third.state())
      return third.events().every((event) => !sequences.includes(event.sequence))
    })
  })

  it('follows the newest core alone', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const first = await core(guard)
    const second = await core(guard)
    await until('the older is let go', () => first.closed())
    const hog = await eater()
    second.arm([watchOf([victimOf('hog', hog.pids)])])
    await until('the newer one’s orders count', () => second.state()?.status.armedIds.includes('hog'))
  })

  it('ends with its core when nobody is armed', async () => {
    const fake = memory()
    const guard = await sentinel(fake, { lingerMs: 60_000 })
    const stand = await core(guard)
    stand.send({ type: 'bye' })
    stand.close()
    await until('it ended', () => guard.exited() !== null)
    expect(guard.exited()).toBe(0)
  })

  it('stays while somebody armed lives, and ends a while after the last one', async () => {
    const fake = memory()
    const guard = await sentinel(fake, { lingerMs: 200 })
    const stand = await core(guard)
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)])])
    await until('it is armed', () => stand.state()?.status.armedIds.includes('hog'))
    stand.close()
    const later = await until('it still answers after its time', async () => {
      await new Promise((done) => setTimeout(done, 600))
      return core(guard)
    })
    later.close()
    expect(guard.exited()).toBeNull()
    await hog.end()
    await until('it ended', () => guard.exited() !== null)
    expect(guard.exited()).toBe(0)
  })

  it('lets go what a watch froze that is no more', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    stand.arm([{ ...watchOf([victimOf('hog', hog.pids)], { answerMs: null }), id: 'drill' }])
    await fallUntilFrozen(fake, stand, hog)
    stand.arm([])
    await until('it runs again', () => !states(hog).includes('T'))
  })

  it('thaws at once whom it froze and may not stop any more, and says so', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)], { answerMs: null })])
    await fallUntilFrozen(fake, stand, hog)
    stand.arm([watchOf([], { answerMs: null })])
    await until('it runs again', () => !states(hog).includes('T'))
    await stand.event('thaw')
    await until('nobody asks about it', () => stand.state()?.watches[0]?.ask === null)
  })

  it('keeps others armed for a new core that does not know them yet, and no longer', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    stand.arm([watchOf([victimOf('process:1:2', hog.pids)], { answerMs: null })])
    await until('armed', () => stand.state()?.status.armedIds.includes('process:1:2') === true)
    stand.arm([{ ...watchOf([], { answerMs: null }), keepsOthers: true }])
    await fallUntilFrozen(fake, stand, hog)
    stand.arm([watchOf([], { answerMs: null })])
    await stand.event('thaw')
    await until('it runs again', () => !states(hog).includes('T'))
  })

  it('thaws a tree of which somebody else woke one process', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater({ child: 'child' })
    stand.arm([{ ...watchOf([victimOf('hog', hog.pids)], { answerMs: null }), id: 'drill' }])
    await fallUntilFrozen(fake, stand, hog)
    process.kill(hog.pids[0] ?? 0, 'SIGCONT')
    stand.arm([])
    await until('all of it runs again', () => !states(hog).includes('T'))
    await stand.event('thaw')
  })

  it('tells the end of one it froze that somebody else stopped', async () => {
    const fake = memory()
    const stand = await core(await sentinel(fake))
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)], { answerMs: null })])
    await fallUntilFrozen(fake, stand, hog)
    await hog.end()
    await stand.event('gone')
    stand.arm([watchOf([], { answerMs: null })])
    expect(kinds(stand)).not.toContain('thaw')
  })

  it('thaws whom it froze when it is ended in good order, and tells it', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const stand = await core(guard)
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)], { answerMs: null })])
    await fallUntilFrozen(fake, stand, hog)
    guard.signal('SIGTERM')
    await until('it runs again', () => !states(hog).includes('T'))
    await stand.event('thaw')
  })

  it('goes on with what one that was killed had begun: asks again, and thaws on "continue"', async () => {
    const fake = memory()
    const first = await sentinel(fake)
    const before = await core(first)
    const hog = await eater()
    const armed = watchOf([victimOf('hog', hog.pids)], { answerMs: null })
    before.arm([armed])
    await fallUntilFrozen(fake, before, hog)
    first.signal('SIGKILL')
    await until('it is gone', () => first.exited() !== null)
    const stand = await core(await sentinel(fake, { dir: first.dir }))
    stand.arm([{ ...armed, open: openAct('frozen') }])
    await until('the question', () => stand.state()?.watches[0]?.ask?.stage === 'frozen')
    expect(states(hog)).toEqual(['T'])
    stand.send({ type: 'answer', watchId: 'main', victimId: 'hog', choice: 'continue' })
    await until('it runs again', () => !states(hog).includes('T'))
    await stand.event('thaw')
  })

  it('takes nobody else while the memory of one is missing that an earlier one ended', async () => {
    const fake = memory(300)
    const stand = await core(await sentinel(fake))
    const other = await eater()
    stand.arm([{ ...watchOf([victimOf('other', other.pids)]), open: openAct('killed') }])
    await until('some looks', () => (stand.state()?.ticks ?? 0) > 5)
    // A fall of two readings, as the driver takes its pages apart.
    fake.set(250)
    const from = stand.state()?.ticks ?? 0
    await until('some more looks', () => (stand.state()?.ticks ?? 0) > from + 20)
    expect(states(other)).not.toContain('T')
    expect(kinds(stand).filter((kind) => kind !== 'warn')).toEqual([])
  })
})

describe('in bad company', () => {
  it('takes no harm from what it does not understand', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const stand = await core(guard)
    stand.raw('{\n\n[]\n{"type":"arm"}\n\u0000\ufffd\n')
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)])])
    await until('the next good one counts', () => stand.state()?.status.armedIds.includes('hog'))
    expect(guard.stderr()).toContain('not understood')
    const flood = await core(guard)
    flood.raw('x'.repeat(2 * MIB))
    await until('a line without end ends the connection', () => flood.closed())
    expect(guard.exited()).toBeNull()
  })

  it('refuses a core that says it is another process, and keeps the one it has', async () => {
    const guard = await sentinel(memory())
    const stand = await core(guard)
    const other = await eater()
    const liar = connect(guard.socketPath)
    cleanups.push(() => liar.destroy())
    let isClosed = false
    liar.on('error', () => undefined).once('close', () => (isClosed = true))
    const said = identityOf(other.pids[0] ?? 0)
    liar.write(`${JSON.stringify({ type: 'hello', protocol: 1, ...said, blackBoxPath: null })}\n`)
    await until('it is let go', () => isClosed)
    expect(guard.stderr()).toContain(
      `a core was refused: it says it is process ${said.pid}, and is process ${process.pid}`
    )
    stand.arm([watchOf([victimOf('hog', other.pids)])])
    await until('orders of the true one count', () => stand.state()?.status.armedIds.includes('hog'))
  })

  it('lives on when its stderr is closed and its core vanishes in mid-word', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const hog = await eater()
    const stand = await core(guard)
    stand.arm([watchOf([victimOf('hog', hog.pids)])])
    await until('it is armed', () => stand.state()?.status.armedIds.includes('hog'))
    guard.closeStderr()
    stand.raw('{"type":"ar')
    stand.close()
    void fake.fall(100, 2_000)
    await until('it acted', () => allGone(hog))
    const next = await core(guard)
    await next.event('kill')
  })

  it('replaces a socket left behind, and yields to one that answers', async () => {
    const fake = memory()
    const first = await sentinel(fake)
    expect(statSync(first.socketPath).mode & 0o777).toBe(0o600)
    const late = await runSentinel(first.socketPath)
    expect(late).toMatchObject({ code: 0 })
    expect(late.stderr).toContain('another sentinel answers')
    first.signal('SIGKILL')
    await until('it is gone', () => first.exited() !== null)
    expect(existsSync(first.socketPath)).toBe(true)
    const second = await sentinel(fake, { dir: first.dir })
    expect((await core(second)).messages[0]).toMatchObject({ type: 'welcome', pid: second.pid })
  })

  it('ends in good order on SIGTERM and takes its socket along', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    await core(guard)
    guard.signal('SIGTERM')
    await until('it ended', () => guard.exited() !== null)
    expect(guard.exited()).toBe(0)
    expect(existsSync(guard.socketPath)).toBe(false)
  })
})

describe('the black box', () => {
  const read = (path: string): BlackBoxContent | null =>
    existsSync(path) ? decodeBlackBox(readFileSync(path)) : null

  it('shows the curve to within a second of a SIGKILL', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const path = join(guard.dir, 'box')
    const stand = await core(guard, path)
    stand.send({
      type: 'arm',
      sequence: 1,
      watches: [watchOf([])],
      holders: [{ label: 'vLLM (gpt-oss-120b)', bytes: 61e9 }]
    })
    await until('it writes', () => (read(path)?.points.length ?? 0) > 2)
    await fake.fall(1_500, 2_000)
    const killedMs = Date.now()
    guard.signal('SIGKILL')
    await until('it is gone', () => guard.exited() !== null)
    const box = read(path)
    const last = box?.points.at(-1)
    expect(box?.endedCleanly).toBe(false)
    expect(box?.sentinelPid).toBe(guard.pid)
    expect(box?.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
    expect(killedMs - (last?.atMs ?? 0)).toBeLessThan(1_000)
    expect(last?.availableBytes).toBeLessThan(4_096 * MIB)
    expect(last?.holders).toEqual([{ label: 'vLLM (gpt-oss-120b)', bytes: 61e9 }])
  })

  it('marks a good end, and keeps one without it beside the next', async () => {
    const fake = memory()
    const killed = await sentinel(fake)
    const path = join(killed.dir, 'box')
    await core(killed, path)
    await until('it writes', () => (read(path)?.points.length ?? 0) > 0)
    killed.signal('SIGKILL')
    await until('it is gone', () => killed.exited() !== null)

    const next = await sentinel(fake, { dir: killed.dir })
    await core(next, path)
    await until('it writes', () => read(path)?.sentinelPid === next.pid)
    expect(read(`${path}.previous`)?.sentinelPid).toBe(killed.pid)
    next.signal('SIGTERM')
    await until('it ended', () => next.exited() !== null)
    expect(read(path)?.endedCleanly).toBe(true)
  })

  it('is no reason to stop guarding when it cannot be written', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const stand = await core(guard, join(guard.dir, 'no', 'such', 'folder'))
    const hog = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids)])])
    await until('it says so', () => stand.state()?.status.notes.some((note) => note.includes('black box')))
    void fake.fall(100, 2_000)
    await stand.event('kill')
  })
})
