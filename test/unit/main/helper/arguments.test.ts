import { array, assert, constantFrom, oneof, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../../src/main/helper/arguments.ts'

const accepts = (line: string): unknown => {
  const parsed = parseArguments(line.split(' '))
  return parsed.ok ? parsed.value : parsed.error.exitCode
}

describe('the verbs', () => {
  it('are exactly five', () => {
    expect(accepts('drop-caches')).toEqual({ verb: 'drop-caches' })
    expect(accepts('compact-memory')).toEqual({ verb: 'compact-memory' })
    expect(accepts('set-oom-score-adj 4194304 123456 1000')).toEqual({
      verb: 'set-oom-score-adj',
      pid: 4_194_304,
      startTicks: 123_456,
      adj: 1000
    })
    expect(accepts('install-protection --uid 1000 --low 500000000 --min 200000000')).toEqual({
      verb: 'install-protection',
      uid: 1000,
      lowBytes: 500_000_000,
      minBytes: 200_000_000
    })
    expect(accepts('remove-protection --uid 1000')).toEqual({ verb: 'remove-protection', uid: 1000 })
  })

  it.each([
    '',
    'help',
    'drop-caches now',
    'drop-caches ',
    ' drop-caches',
    'Drop-caches',
    'set-oom-score-adj 12 34',
    'set-oom-score-adj 0 34 1000',
    'set-oom-score-adj -1 34 1000',
    'set-oom-score-adj 12 34 -1',
    'set-oom-score-adj 12 34 1001',
    'set-oom-score-adj 12 34 1e3',
    'set-oom-score-adj 0x10 34 1000',
    'set-oom-score-adj 012 34 1000',
    'set-oom-score-adj 12 34 1000 5',
    'set-oom-score-adj ../1 34 1000',
    'set-oom-score-adj 4194305 34 1000',
    'install-protection --uid 1000 --min 1 --low 1',
    'install-protection --uid 1000 --low 1',
    'install-protection --uid 1000 --low 0 --min 0',
    'install-protection --uid=1000 --low 1 --min 1',
    'install-protection --uid 1000 --low 9007199254740993 --min 1',
    'install-protection --uid 1000 --low 1 --min 1 --root /tmp',
    'install-protection --uid 1000/../.. --low 1 --min 1',
    'remove-protection --uid 0',
    'remove-protection --uid 999',
    'remove-protection --uid 65534',
    'remove-protection --uid 4294967295',
    'remove-protection --uid 4294967294',
    'remove-protection --uid 1000\n',
    'remove-protection --uid',
    'remove-protection'
  ])('refuse %j', (line) => {
    expect(accepts(line)).toBe(2)
  })

  it('take only whole numbers in their bounds, whatever comes', () => {
    assert(
      property(array(oneof(string(), constantFrom('--uid', '--low', '--min', '1000'))), (rest) => {
        for (const verb of ['set-oom-score-adj', 'install-protection', 'remove-protection']) {
          const parsed = parseArguments([verb, ...rest])
          if (!parsed.ok) continue
          const numbers = Object.values(parsed.value).filter((value) => typeof value === 'number')
          expect(numbers.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true)
        }
      })
    )
  })
})
