import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDefaultFile } from '../../../../src/main/protection/default-file.parse.ts'
import { isAtLeast, parsePackageVersion } from '../../../../src/main/protection/dpkg-status.parse.ts'
import { parseDropIn } from '../../../../src/main/protection/drop-in.parse.ts'
import { parseEarlyoomOptions } from '../../../../src/main/protection/earlyoom-options.parse.ts'
import { parseEnvironment } from '../../../../src/main/protection/environ.parse.ts'
import { parseConflictMemory } from '../../../../src/main/protection/memory.parse.ts'
import { parseSwaps } from '../../../../src/main/protection/swaps.parse.ts'
import { parseUnitSettings } from '../../../../src/main/protection/unit-file.parse.ts'

const fixture = (name: string): string =>
  readFileSync(join(resolve(import.meta.dirname, '../../../fixtures/conflicts'), name), 'utf8')
const GIB = 1024 ** 3

describe('/etc/default/earlyoom', () => {
  it.each(['earlyoom-1.7.default', 'earlyoom-1.8.default'])(
    'is read as the package ships it (%s)',
    (name) => {
      expect(parseDefaultFile(fixture(name), 'EARLYOOM_ARGS')).toEqual(['-r', '3600'])
    }
  )

  it('takes the last assignment, quotes inside and lines that go on', () => {
    const text = `EARLYOOM_ARGS="-m 5"\n# EARLYOOM_ARGS="-m 6"\nEARLYOOM_ARGS="-r 60 \\\n--avoid '(^|/)(init|X org)$'"\n`
    expect(parseDefaultFile(text, 'EARLYOOM_ARGS')).toEqual(['-r', '60', '--avoid', '(^|/)(init|X org)$'])
    expect(parseDefaultFile('EARLYOOM_ARGS=', 'EARLYOOM_ARGS')).toEqual([])
    expect(parseDefaultFile('EARLYOOM_ARGS="', 'EARLYOOM_ARGS')).toEqual([])
    expect(parseDefaultFile('OTHER=1\n#EARLYOOM_ARGS=-m', 'EARLYOOM_ARGS')).toBeNull()
  })
})

describe("earlyoom's options", () => {
  const memory = (line: string): number => parseEarlyoomOptions(line.split(' '), 100 * GIB).memoryPercent

  it('are 10 % unless set', () => {
    expect(parseEarlyoomOptions([], 100 * GIB)).toEqual({
      memoryPercent: 10,
      swapPercent: 10,
      memoryBytes: null,
      isDryRun: false
    })
  })

  it.each([
    ['-m 5', 5],
    ['-m5', 5],
    ['-m 20,18', 20],
    ['-r 3600 -m 2 -s 80', 2],
    ['-gm 3', 3],
    ['-g -n -m 4', 4],
    ['--avoid -m -m 7', 7],
    ['-N /bin/notify -m 6', 6],
    ['-M 8388608', 8],
    ['-m 10 -M 1048576', 1],
    ['-m 1 -M 8388608', 1],
    ['-m', 10],
    ['-m x', 10],
    ['', 10]
  ])('%s', (line, percent) => {
    expect(memory(line)).toBeCloseTo(percent, 6)
  })

  it('tell a gate of swap and a dry run', () => {
    expect(parseEarlyoomOptions(['-s', '100', '--dryrun'], GIB)).toMatchObject({
      swapPercent: 100,
      isDryRun: true
    })
  })
})

describe("dpkg's status", () => {
  it('tells the version of the one package', () => {
    expect(parsePackageVersion(fixture('dpkg-status-1.7'), 'earlyoom')).toBe('1.7')
    expect(parsePackageVersion(fixture('dpkg-status-1.8.2'), 'earlyoom')).toBe('1.8.2')
    expect(parsePackageVersion(fixture('dpkg-status-1.7'), 'early')).toBeNull()
    expect(parsePackageVersion('Package: a\nStatus: install ok installed\nVersion: 2:1.8-3\n', 'a')).toBe(
      '1.8'
    )
  })

  it('tells nothing of a removed package or of an empty file', () => {
    const removed = fixture('dpkg-status-1.7').replaceAll('install ok installed', 'deinstall ok config-files')
    expect(parsePackageVersion(removed, 'earlyoom')).toBeNull()
    expect(parsePackageVersion('', 'earlyoom')).toBeNull()
  })

  it.each([
    ['1.7', false],
    ['1.8', true],
    ['1.8.2', true],
    ['1.10', true],
    ['2.0', true],
    ['0.99', false],
    ['git', 'unknown']
  ] as const)('%s is at least 1.8: %s', (version, answer) => {
    expect(isAtLeast(version, 1, 8)).toBe(answer)
  })
})

describe('the small files', () => {
  it("systemd's", () => {
    expect([...parseUnitSettings(fixture('10-oomd-user-service-defaults.conf'))]).toEqual([
      ['ManagedOOMMemoryPressure', 'kill'],
      ['ManagedOOMMemoryPressureLimit', '50%']
    ])
    expect([...parseUnitSettings('# A=1\n;B=2\n[X]\n C=3\nD = 4 \nD=5\n')]).toEqual([['D', '5']])
    expect(parseDropIn('[Slice]\nMemoryMin=1\nMemoryLow=2\n')).toEqual({ minBytes: 1, lowBytes: 2 })
    expect(parseDropIn('[Slice]\nMemoryMin=1M\nMemoryLow=2\n')).toBeNull()
    expect(parseDropIn('')).toBeNull()
  })

  it('/proc/swaps', () => {
    expect(parseSwaps(fixture('swaps'))).toEqual([
      { path: '/swapfile', sizeBytes: 16_777_212 * 1024, usedBytes: 512 * 1024 ** 2 },
      { path: '/dev/zram0', sizeBytes: 4_194_300 * 1024, usedBytes: 0 }
    ])
    expect(parseSwaps('Filename\tType\n/my\\040swap file 4 0 -2\nbroken\n')).toEqual([
      { path: '/my swap', sizeBytes: 4096, usedBytes: 0 }
    ])
    expect(parseSwaps('Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n')).toEqual([])
    expect(parseSwaps('')).toEqual([])
  })

  it('/proc/PID/environ', () => {
    const text = 'XRAY=1\0RAY=0\0RAY=2\0EMPTY=\0'
    expect(parseEnvironment(text, 'RAY')).toBe('0')
    expect(parseEnvironment(text, 'EMPTY')).toBe('')
    expect(parseEnvironment(text, 'AY')).toBeNull()
  })

  it('/proc/meminfo, where what is missing is unknown', () => {
    expect(parseConflictMemory('MemTotal:  4 kB\nMemAvailable:  2 kB\nAnonPages:  1 kB\n')).toEqual({
      memTotalBytes: 4096,
      availableBytes: 2048,
      anonBytes: 1024
    })
    expect(parseConflictMemory('')).toEqual({
      memTotalBytes: 'unknown',
      availableBytes: 'unknown',
      anonBytes: 'unknown'
    })
  })
})
