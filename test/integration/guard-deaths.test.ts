import { describe, expect, it } from 'vitest'
import {
  guardOf,
  runnerOf,
  startRunner,
  tighten,
  untilArmed,
  useGuardedHomes
} from '../support/guarded-home.ts'
import { isAlive, until } from '../support/until.ts'

// What is left of the guard when one of its two processes is killed.

const newHome = useGuardedHomes()

describe('the guard, when one of its processes dies', () => {
  // SIGTRAP is how V8 ends a process that it finds broken.
  it.each(['SIGKILL', 'SIGTRAP'] as const)(
    'starts and arms another sentinel when its own ends by %s',
    async (signal) => {
      const one = newHome()
      one.runner('kept')
      const core = await one.start()
      await startRunner(core, 'kept')
      const before = (await untilArmed(core, 'kept')).sentinel.pid ?? 0
      process.kill(before, signal)
      const after = await until('another sentinel', async () => {
        const { sentinel } = await guardOf(core)
        return sentinel.state === 'guarding' && sentinel.pid !== before && sentinel
      })
      expect(isAlive(after.pid ?? 0)).toBe(true)
      const armed = await untilArmed(core, 'kept')
      expect(armed.sentinel.notes).toContain(
        `An earlier sentinel is gone (it was ended by ${signal}); this one took its place.`
      )
      expect(await runnerOf(core, 'kept')).toMatchObject({ state: 'ready' })
      expect(core.stderr()).toContain(`the sentinel is gone: it was ended by ${signal}`)
    }
  )

  it('goes on without the core; the next one takes it back and tells what happened', async () => {
    const one = newHome()
    one.runner('eater')
    one.runner('kept')
    const first = await one.start()
    await first.client.call('settings.set', { guard: { mode: 'balanced', answerS: 3 } })
    const [eater = 0] = (await startRunner(first, 'eater')).pids
    const [kept = 0] = (await startRunner(first, 'kept')).pids
    const sentinel = (await untilArmed(first, 'kept')).sentinel.pid ?? 0
    // A reserve that is never whole: a frozen one then waits for its answer whatever other programs give back.
    await tighten(first, Number.MAX_SAFE_INTEGER)
    await first.end('SIGKILL')
    process.kill(eater, 'SIGUSR2')
    await until('the sentinel to stop it alone', () => !isAlive(eater))
    expect(isAlive(kept)).toBe(true)
    expect(isAlive(sentinel)).toBe(true)

    const second = await one.start()
    await until('what happened', async () =>
      (await guardOf(second)).lastEvents.some(
        ({ kind, victimId }) => kind === 'freeze' && victimId === 'eater'
      )
    )
    expect((await guardOf(second)).sentinel.pid).toBe(sentinel)
    await until('its words', async () =>
      (await runnerOf(second, 'eater')).text.startsWith('Stopped by the guard')
    )
    expect(await runnerOf(second, 'kept')).toMatchObject({ state: 'ready', pids: [kept] })
    const incidents = await second.client.call('incidents.list', {})
    expect(incidents.ok && incidents.value).toMatchObject([{ kind: 'acted', runnerId: 'eater' }])
    const notices = await second.client.call('app.notices', {})
    expect(notices.ok && notices.value.map(({ text }) => text).join()).toContain('Stopped eater.')
    await second.client.call('runners.stop', { id: 'kept' })
  })

  it('leaves models guarded when the core ends in good order, and no sentinel where there is nobody to guard', async () => {
    const one = newHome()
    one.runner('kept')
    const first = await one.start()
    await startRunner(first, 'kept')
    const sentinel = (await untilArmed(first, 'kept')).sentinel.pid ?? 0
    expect(await first.end()).toBe(0)
    const second = await one.start()
    const taken = await untilArmed(second, 'kept')
    expect(taken.sentinel.pid).toBe(sentinel)
    expect(await second.client.call('runners.stop', { id: 'kept' })).toMatchObject({ ok: true })
    await until('nobody to be armed', async () => (await guardOf(second)).sentinel.armedIds.length === 0)
    expect(await second.end()).toBe(0)
    await until('the sentinel to follow', () => !isAlive(sentinel))
  })

  it('is off when told to be: nobody is armed and the sentinel ends, also one left by an earlier core', async () => {
    const one = newHome()
    one.runner('kept')
    const core = await one.start()
    await startRunner(core, 'kept')
    const sentinel = (await untilArmed(core, 'kept')).sentinel.pid ?? 0
    await core.client.call('settings.set', { guard: { mode: 'off' } })
    await until('the sentinel to end', () => !isAlive(sentinel))
    const off = await guardOf(core)
    expect(off.sentinel).toMatchObject({ state: 'off', pid: null, armedIds: [] })
    expect(off.wouldDo).toContain('The guard is off')
    await core.client.call('settings.set', { guard: { mode: 'balanced' } })
    await untilArmed(core, 'kept')
    expect(await core.client.call('runners.stop', { id: 'kept' })).toMatchObject({ ok: true })
  })
})
