import { describe, expect, it } from 'vitest'
import type { EventPayload } from '../../src/shared/contract/commands.ts'
import {
  eatUntil,
  guardOf,
  loosen,
  oomScoreOf,
  runnerOf,
  startRunner,
  stateOf,
  steady,
  untilArmed,
  useGuardedHomes
} from '../support/guarded-home.ts'
import type { HeadlessCore } from '../support/headless-core.ts'
import { isAlive, until } from '../support/until.ts'

// A real core, a real sentinel and real processes on this machine's real memory: at most 1 GiB of it.

const GUARD = { mode: 'balanced', answerS: 3 } as const
const newHome = useGuardedHomes()

const kindsOf = async (core: HeadlessCore, victimId: string): Promise<readonly string[]> =>
  (await guardOf(core)).lastEvents.filter((event) => event.victimId === victimId).map(({ kind }) => kind)

const rootOf = (pids: readonly number[]): number => {
  const [root] = pids
  if (root === undefined) throw new Error('no process')
  return root
}

describe('the guard of a real core', () => {
  it('warns of, freezes and stops the runner that takes the memory, proves it and starts nothing again', async () => {
    const one = newHome()
    one.runner('eater')
    one.runner('bystander')
    one.runner('pinned', { pinned: true })
    const core = await one.start()
    await core.client.call('settings.set', { guard: GUARD })
    const incidents: EventPayload<'incident'>[] = []
    const listening = core.client.on('incident', (incident) => incidents.push(incident))
    await core.client.call('events.subscribe', { events: ['incident', 'guard'] })
    const pids = {
      eater: rootOf((await startRunner(core, 'eater')).pids),
      bystander: rootOf((await startRunner(core, 'bystander')).pids),
      pinned: rootOf((await startRunner(core, 'pinned')).pids)
    }
    await untilArmed(core, 'bystander')
    const armed = await until('all three to be known', async () => {
      const view = await guardOf(core)
      return view.ranking.victims.length === 2 && view.ranking.refused.length === 1 && view
    })
    expect(armed.sentinel.armedIds).not.toContain('pinned')
    expect(armed.ranking.refused).toMatchObject([{ id: 'pinned', because: 'pinned' }])
    expect(armed.wouldDo).toMatch(/^If memory ran out now: stop (eater|bystander), /)
    for (const pid of Object.values(pids)) expect(oomScoreOf(pid)).toBe(1_000)

    const isFrozen = async (): Promise<boolean> => (await kindsOf(core, 'eater')).includes('freeze')
    await eatUntil(core, pids.eater, 'the freeze', isFrozen)
    await steady(core)
    expect(stateOf(pids.eater)).toBe('T')
    const asked = await until('the question', async () => (await guardOf(core)).ask)
    expect(asked).toMatchObject({ watchId: 'main', victimId: 'eater', stage: 'frozen' })
    expect(asked.text).toMatch(/^Paused eater\. It keeps its .* but takes no more\.$/)
    expect(
      (
        await until('its words', async () => {
          const view = await runnerOf(core, 'eater')
          return view.text.startsWith('Paused') && view
        })
      ).text
    ).toMatch(/^Paused\. It keeps its .* but takes no more\.$/)
    await until('its end', () => !isAlive(pids.eater))
    await loosen(core)
    await until('the proof', async () =>
      (await kindsOf(core, 'eater')).some((kind) => kind.startsWith('memory-'))
    )
    const kinds = await kindsOf(core, 'eater')
    expect(kinds).toEqual(expect.arrayContaining(['freeze', 'gone']))
    expect(kinds.includes('terminate') || kinds.includes('kill')).toBe(true)
    expect(isAlive(pids.eater)).toBe(false)
    const ended = await until('its state', async () => {
      const view = await runnerOf(core, 'eater')
      return view.pids.length === 0 && view
    })
    expect(ended).toMatchObject({
      state: 'failed',
      text: 'Stopped by the guard: memory was about to run out.',
      restarts: 0
    })
    for (const id of ['bystander', 'pinned'] as const) {
      expect(isAlive(pids[id])).toBe(true)
      expect(await runnerOf(core, id)).toMatchObject({ state: 'ready' })
      expect(await kindsOf(core, id)).toEqual([])
    }
    const notices = await core.client.call('app.notices', {})
    const told = notices.ok ? notices.value.filter((notice) => notice.runnerId === 'eater') : []
    expect(told.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Paused eater\./),
        expect.stringMatching(/^Stopped eater\./)
      ])
    )
    await until('the incident', () =>
      incidents.some(({ kind, runnerId }) => kind === 'acted' && runnerId === 'eater')
    )
    listening.dispose()
  })

  it('does what the user answers, and nothing else', async () => {
    const one = newHome()
    one.runner('eater')
    one.runner('other')
    const core = await one.start()
    await core.client.call('settings.set', { guard: { ...GUARD, answerS: 600 } })
    const pid = rootOf((await startRunner(core, 'eater')).pids)
    await untilArmed(core, 'eater')
    expect(
      await core.client.call('guard.answer', { watchId: 'main', victimId: 'nobody', choice: 'stop' })
    ).toMatchObject({ ok: false, error: { code: 'not-found' } })
    expect(
      await core.client.call('guard.answer', { watchId: 'drill', victimId: 'drill', choice: 'continue' })
    ).toMatchObject({
      ok: false,
      error: { code: 'refused', message: expect.stringContaining('drill asks nobody') }
    })
    const isAsked = async (): Promise<boolean> => (await guardOf(core)).ask?.stage === 'frozen'
    await eatUntil(core, pid, 'the question', isAsked)
    await steady(core)
    await until('a countdown', async () => ((await guardOf(core)).ask?.actsAtMs ?? 0) > Date.now())
    const held = await core.client.call('runners.start', { target: 'other' })
    expect(held).toMatchObject({ ok: false, error: { code: 'refused' } })
    expect(!held.ok && held.error.message).toContain('Nothing new is started now')
    expect(await runnerOf(core, 'other')).toMatchObject({ state: 'stopped' })
    const answer = { watchId: 'main', victimId: 'eater', choice: 'stop' } as const
    expect(await core.client.call('guard.answer', answer)).toEqual({ ok: true, value: {} })
    await until('its end', () => !isAlive(pid))
    await until('its words', async () =>
      (await runnerOf(core, 'eater')).text.startsWith('Stopped by the guard')
    )
  })

  it('knows at once, and not with the next look, whom it may stop no more', async () => {
    const one = newHome()
    one.runner('eater')
    const core = await one.start()
    await core.client.call('settings.set', { guard: GUARD })
    await startRunner(core, 'eater')
    await untilArmed(core, 'eater')
    const profiles = await core.client.call('profiles.list', {})
    const eater = profiles.ok ? profiles.value.find(({ id }) => id === 'eater') : undefined
    if (eater === undefined) throw new Error('it has no profile')
    const save = (more: object) =>
      core.client.call('profiles.save', structuredClone({ ...eater, ...more }) as never)
    const refused = async (): Promise<unknown> => (await guardOf(core)).ranking.refused
    for (const pinned of [true, false, true]) {
      expect(await save({ pinned })).toMatchObject({ ok: true })
      expect(await refused()).toMatchObject(pinned ? [{ id: 'eater', because: 'pinned' }] : [])
    }
    await until('it to be let go of', async () => (await guardOf(core)).sentinel.armedIds.length === 0)
    const beyond = await save({ floorBytes: 2 ** 50 })
    expect(beyond).toMatchObject({ ok: false, error: { code: 'settings-invalid' } })
  })

  it('only says what it would do in observe mode', async () => {
    const one = newHome()
    one.runner('eater')
    const core = await one.start()
    await core.client.call('settings.set', { guard: { mode: 'observe' } })
    const pid = rootOf((await startRunner(core, 'eater')).pids)
    await untilArmed(core, 'eater')
    const isSaid = async (): Promise<boolean> => (await kindsOf(core, 'eater')).includes('would')
    await eatUntil(core, pid, 'what it would do', isSaid)
    await until(
      'all to be taken',
      async () => (await runnerOf(core, 'eater')).bytes.hostBytes > 800 * 1024 ** 2
    )
    expect(stateOf(pid)).not.toBe('T')
    expect(await kindsOf(core, 'eater')).not.toEqual(expect.arrayContaining(['freeze']))
    const notices = await core.client.call('app.notices', {})
    expect(notices.ok && notices.value.map(({ text }) => text).join()).toContain('The guard only observes.')
    expect(await core.client.call('runners.stop', { id: 'eater' })).toMatchObject({ ok: true })
  })
})
