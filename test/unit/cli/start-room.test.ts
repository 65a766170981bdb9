import { describe, expect, it } from 'vitest'
import { describeStatus } from '../../../src/cli/commands/status.ts'
import type { Live } from '../../../src/shared/model/status.ts'
import { err, ok } from '../../../src/shared/util/result.ts'
import type { Handlers } from '../../../src/main/transport/dispatcher.ts'
import { sampleEstimate, sampleLive, sampleRunner } from '../../support/fake-core.ts'
import { useCliBench } from '../../support/cli-bench.ts'

const { cli, withCore } = useCliBench()

const REFUSED = {
  'runners.start': async () =>
    err({ code: 'does-not-fit', message: 'Big needs 24.1 GiB: it is 9.3 GiB short.' })
} satisfies Partial<Handlers>

describe('start where there is no room', () => {
  it('exits 3 with the numbers and what to do at the command line', async () => {
    const { dir } = await withCore(REFUSED)
    for (const more of [[], ['--wait']]) {
      const { exit, stderr } = await cli(dir, 'start', 'big', ...more)
      expect(exit).toBe(3)
      expect(stderr).toContain('it is 9.3 GiB short. Here: --when-it-fits, or --anyway NAME.')
    }
  })

  it.each([
    [true, '--ctx 8192 (9.1 GiB, fits), --when-it-fits, or --anyway NAME.'],
    [false, '--ctx 8192 (9.1 GiB, fits), or --anyway NAME.']
  ])('names what can be typed, and waiting only where it can help: %s', async (canWait, words) => {
    const bytes = 9.1 * 1024 ** 3
    const total = { lowBytes: bytes, expectedBytes: bytes, peakBytes: bytes }
    const options = [
      { kind: 'settings', label: 'less', settings: { contextTokens: 8192 }, total, verdict: 'fits' },
      ...(canWait ? [{ kind: 'wait', label: 'Wait' }] : []),
      { kind: 'anyway', label: 'Anyway', phrase: 'Big' }
    ]
    const view = { ...sampleEstimate, verdict: 'does-not-fit', options }
    const { dir, core } = await withCore({ ...REFUSED, 'estimate.get': async () => ok(view as never) })
    const { stderr } = await cli(dir, 'start', 'big', '--ctx', '65536')
    expect(stderr).toContain(`Here: ${words}`)
    expect(core.calls.at(-1)).toEqual({
      command: 'estimate.get',
      input: { target: 'big', settings: { contextTokens: 65_536 } }
    })
  })

  it('waits until it fits where that is said, and tells for what', async () => {
    const text = 'Waits for 9.3 GiB: starts when there is room.'
    const { dir, core } = await withCore({
      'runners.start': async () => ok(sampleRunner('big', 'waiting', text) as never)
    })
    const { exit, stdout } = await cli(dir, 'start', 'big', '--when-it-fits')
    expect(core.calls.at(-1)?.input).toEqual({ target: 'big', waits: true })
    expect(exit).toBe(0)
    expect(stdout).toContain(`big: ${text}`)
  })

  it('hands on the name that was typed', async () => {
    const { dir, core } = await withCore()
    await cli(dir, 'start', 'big', '--anyway', 'Big Model')
    expect(core.calls.at(-1)?.input).toEqual({ target: 'big', phrase: 'Big Model' })
  })

  it.each([
    [['--anyway', 'Big', '--when-it-fits'], 'give one of them'],
    [['--anyway', 'x'.repeat(201)], '200 characters']
  ])('%s is a mistake', async (options, words) => {
    const { dir, core } = await withCore()
    const { exit, stderr } = await cli(dir, 'start', 'big', ...options)
    expect(exit).toBe(2)
    expect(stderr).toContain(words)
    expect(core.calls.some(({ command }) => command === 'runners.start')).toBe(false)
  })
})

describe('status', () => {
  const textWith = (admission: Partial<Live['admission']>): string =>
    describeStatus({
      ...sampleLive,
      admission: { ...sampleLive.admission, ...admission },
      level: 'calm',
      runners: []
    })

  it('names what of the free memory is spoken for', () => {
    const bytes = 3 * 1024 ** 3
    const reservations = [
      { runnerId: 'a', label: 'A', bytes, takenBytes: bytes / 3 },
      { runnerId: 'b', label: 'B', bytes, takenBytes: bytes }
    ]
    const allocatableBytes = 32 * 1024 ** 3
    expect(textWith({ reservations, growthBytes: bytes / 3, allocatableBytes })).toContain(
      '35.0 GiB free for models. Desktop safe.\nOf it, 2.0 GiB are promised to A, 1.0 GiB may still be claimed by ' +
        'what runs: 32.0 GiB for a new start.\n'
    )
  })

  it('has no such line where all of it is free', () => {
    expect(textWith({})).not.toContain('for a new start')
  })
})
