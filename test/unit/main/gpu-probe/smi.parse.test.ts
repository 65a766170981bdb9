import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDevices, parseProcesses } from '../../../../src/main/gpu-probe/smi/smi.parse.ts'

const text = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../fixtures/nvidia-smi', name), 'utf8')
const MIB = 1024 * 1024

describe('nvidia-smi devices', () => {
  it('reads a GB10: what is N/A is not supported, never 0', () => {
    expect(parseDevices(text('gb10-devices.csv'))).toEqual({
      ok: true,
      value: {
        driverVersion: '580.159.03',
        devices: [
          {
            index: 0,
            name: 'NVIDIA GB10',
            memory: { totalBytes: 'not-supported', usedBytes: 'not-supported', freeBytes: 'not-supported' },
            utilizationPct: 0,
            temperatureC: 52,
            powerW: 10.8,
            smClockMHz: 2405
          }
        ]
      }
    })
  })

  it('reads two discrete GPUs, MiB as bytes', () => {
    const parsed = parseDevices(text('two-discrete-devices.csv'))
    expect(parsed).toMatchObject({ ok: true, value: { driverVersion: '550.120' } })
    const devices = parsed.ok ? parsed.value.devices : []
    expect(devices.map((one) => one.memory.totalBytes)).toEqual([24_564 * MIB, 49_140 * MIB])
    expect(devices[1]!.smClockMHz).toBe('not-supported')
  })

  it('reads an Orin that tells nothing but its name', () => {
    const parsed = parseDevices(text('orin-devices.csv'))
    expect(parsed).toMatchObject({
      ok: true,
      value: { devices: [{ name: 'Orin (nvgpu)', utilizationPct: 'not-supported' }] }
    })
  })

  it.each(['[N/A]', 'N/A', 'Not Supported', '[Not Supported]'])('takes %s as not supported', (word) => {
    const parsed = parseDevices(`0, X, 1, ${word}, ${word}, ${word}, ${word}, ${word}, ${word}, ${word}`)
    expect(parsed).toMatchObject({ ok: true, value: { devices: [{ powerW: 'not-supported' }] } })
  })

  it('takes a figure that failed this time as unknown', () => {
    expect(parseDevices('0, X, 1, 1, 1, 1, [Unknown Error], 1, ERR!, 1')).toMatchObject({
      ok: true,
      value: { devices: [{ utilizationPct: 'unknown', powerW: 'unknown' }] }
    })
  })

  it('finds no device where nvidia-smi says so', () => {
    expect(parseDevices(text('no-devices.csv'))).toMatchObject({ ok: true, value: { devices: [] } })
    expect(parseDevices('')).toMatchObject({ ok: true, value: { devices: [] } })
  })

  it.each([
    ['the plain table', text('gb10-table.txt')],
    ['a cut line', '0, NVIDIA GB10, 580.159.03, [N/A], [N/A]'],
    ['a figure with a unit', '0, X, 1, 1 MiB, 1, 1, 1, 1, 1, 1'],
    ['an empty figure', '0, X, 1, , 1, 1, 1, 1, 1, 1'],
    ['a negative figure', '0, X, 1, -1, 1, 1, 1, 1, 1, 1'],
    ['a hexadecimal figure', '0, X, 1, 0x10, 1, 1, 1, 1, 1, 1'],
    ['no name', '0, , 1, 1, 1, 1, 1, 1, 1, 1'],
    ['an index in words', 'GPU0, X, 1, 1, 1, 1, 1, 1, 1, 1'],
    ['one good line and one bad', `${text('gb10-devices.csv')}1, NVIDIA`]
  ])('refuses %s as a whole', (_what, output) => {
    expect(parseDevices(output).ok).toBe(false)
  })
})

describe('nvidia-smi processes', () => {
  it('reads a GB10’s list; a process without a figure is unknown', () => {
    const parsed = parseProcesses(text('gb10-processes.csv'))
    expect(parsed.ok && parsed.value.map(({ pid, bytes }) => [pid, bytes])).toEqual([
      [3150, 218 * MIB],
      [6330, 96_073 * MIB],
      [1, 'unknown']
    ])
  })

  it('reads an empty list in both of its forms', () => {
    expect(parseProcesses('')).toEqual({ ok: true, value: [] })
    expect(parseProcesses(text('no-processes.csv'))).toEqual({ ok: true, value: [] })
  })

  it.each(['GPU-a, x, 1', 'GPU-a, 1', 'GPU-a, 1, 1, 1', 'GPU-a, 1.5, 1', 'GPU-a, 1, much'])(
    'refuses %s',
    (line) => {
      expect(parseProcesses(`GPU-a, 1, 1\n${line}`).ok).toBe(false)
    }
  )
})
