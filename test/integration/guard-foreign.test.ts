import { beforeAll, describe, expect, it } from 'vitest'
import {
  eatUntil,
  guardOf,
  oomScoreOf,
  stateOf,
  steady,
  useGuardedHomes,
  type Program
} from '../support/guarded-home.ts'
import type { HeadlessCore } from '../support/headless-core.ts'
import { buildNvmlStub, noCompiler } from '../support/nvml-stub.ts'
import { isAlive, until } from '../support/until.ts'

// Programs that Firebreak did not start, as users of a GPU that shares the machine's memory: a stub of the driver's
// library says what two real processes hold there.

const missing = await noCompiler()
let library = ''
beforeAll(async () => {
  if (missing === null) library = await buildNvmlStub()
})

const newHome = useGuardedHomes()

/** Two programs, the driver's stub that names them, and a core that sees them. */
async function withPrograms(
  guard: Readonly<Record<string, unknown>>
): Promise<{ core: HeadlessCore; eater: Program; other: Program }> {
  const programs = newHome()
  const eater = programs.program()
  const other = programs.program()
  await until('both to be ready', () => eater.isReady() && other.isReady())
  const env = { FIREBREAK_NVML: library, STUB_NVML_PIDS: `${eater.pid},${other.pid}` }
  const one = newHome(env, { guard })
  return { core: await one.start(), eater, other }
}

const idOf = (program: Program): string => `process:${program.pid}:`

describe.skipIf(missing !== null)('programs the guard did not start', () => {
  it('are left alone, first in line for the kernel, until the user allows it', async () => {
    const { core, eater, other } = await withPrograms({ mode: 'balanced', answerS: 3 })
    const seen = await until('both to be seen', async () => {
      const view = await guardOf(core)
      return view.ranking.refused.length === 2 && view
    })
    expect(seen.ranking.victims).toEqual([])
    expect(seen.ranking.refused.map(({ because }) => because)).toEqual(['not-allowed', 'not-allowed'])
    expect(seen.wouldDo).toContain('was not started by Firebreak')
    await until('their scores', () => [eater, other].every(({ pid }) => oomScoreOf(pid) === 1_000))

    const isWarned = async (): Promise<boolean> =>
      (await guardOf(core)).lastEvents.some(({ kind }) => kind === 'warn')
    await eatUntil(core, eater.pid, 'a warning', isWarned)
    await until('it to have taken all', async () => {
      const view = await guardOf(core)
      return (view.ranking.refused.find(({ id }) => id.startsWith(idOf(eater)))?.bytes ?? 0) > 800 * 1024 ** 2
    })
    expect(stateOf(eater.pid)).not.toBe('T')
    expect((await guardOf(core)).lastEvents.every(({ victimId }) => victimId === null)).toBe(true)
  })

  it('are frozen and stopped where the user allows it, but never one of a protected name', async () => {
    const { core, eater, other } = await withPrograms({ answerS: 3, mayStopForeign: true })
    await until('both to be armed', async () => (await guardOf(core)).sentinel.armedIds.length === 2)
    const isFrozen = async (): Promise<boolean> => stateOf(eater.pid) === 'T'
    await eatUntil(core, eater.pid, 'the freeze', isFrozen)
    await steady(core)
    await until('its end', () => !isAlive(eater.pid))
    expect(isAlive(other.pid)).toBe(true)
    expect(
      (await guardOf(core)).lastEvents.every(({ victimId }) => victimId?.startsWith(idOf(eater)) !== false)
    ).toBe(true)
  })

  it('keeps its hands, and the score, off a protected name', async () => {
    const { core, eater, other } = await withPrograms({
      mayStopForeign: true,
      protectedNames: ['node*', 'MainThread']
    })
    const seen = await until('both to be refused', async () => {
      const view = await guardOf(core)
      return view.ranking.refused.length === 2 && view
    })
    expect(seen.ranking.refused.map(({ because }) => because)).toEqual(['protected', 'protected'])
    expect(seen.sentinel.armedIds).toEqual([])
    const untouched = oomScoreOf(process.pid)
    for (const { pid } of [eater, other]) expect(oomScoreOf(pid)).toBe(untouched)
  })
})
