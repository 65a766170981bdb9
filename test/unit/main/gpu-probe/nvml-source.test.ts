import { describe, expect, it } from 'vitest'
import type { NvmlApi, ProcessList } from '../../../../src/main/gpu-probe/nvml/api.ts'
import { createNvmlSource } from '../../../../src/main/gpu-probe/nvml/source.ts'

const OK = 0
const list = (rows: readonly [pid: number, bytes: bigint][], code = OK): ProcessList => ({
  rowBytes: 24,
  call(_handle, count, out) {
    const room = count.readUInt32LE()
    count.writeUInt32LE(rows.length)
    if (rows.length > room) return 7
    rows.forEach(([pid, bytes], row) => {
      out.writeUInt32LE(pid, row * 24)
      out.writeBigUInt64LE(bytes, row * 24 + 8)
    })
    return code
  }
})
const word =
  (value: number, code = OK) =>
  (_handle: unknown, out: Buffer): number => {
    out.writeUInt32LE(value)
    return code
  }
const text = (value: string) => (out: Buffer) => {
  out.write(value)
  return OK
}

// A driver with one GB10 per name; every call can be replaced.
function driver(changes: Partial<NvmlApi> = {}, names: readonly string[] = ['NVIDIA GB10']): NvmlApi {
  return {
    init: () => OK,
    shutdown: () => OK,
    driverVersion: text('580.1'),
    deviceCount: (out) => word(names.length)(null, out),
    handle: (index) => ({ code: OK, handle: index }),
    name: (handle, out) => text(names[Number(handle)]!)(out),
    memory: () => 3,
    utilization: word(1),
    temperature: word(50),
    power: word(4_500),
    smClock: word(2_000),
    processLists: [list([]), list([])],
    ...changes
  }
}

const readingOf = (api: NvmlApi, arch = 'arm64') => {
  const result = createNvmlSource(api, arch).read()
  if (result.kind !== 'reading') throw new Error(`no reading: ${result.why}`)
  return result.reading
}

describe('the NVML source', () => {
  it.each([
    [3, 'not-supported'],
    [-1, 'not-supported'],
    [4, 'unknown'],
    [999, 'unknown']
  ])('shows code %i as %s, for memory and for every figure', (code, expected) => {
    const [device] = readingOf(
      driver({
        memory: () => code,
        utilization: word(1, code),
        temperature: word(1, code),
        power: word(1, code),
        smClock: word(1, code)
      })
    ).devices
    expect(device).toMatchObject({
      memory: { totalBytes: expected, usedBytes: expected, freeBytes: expected },
      utilizationPct: expected,
      temperatureC: expected,
      powerW: expected,
      smClockMHz: expected
    })
  })

  it('takes success with all zeros for not supported', () => {
    expect(readingOf(driver({ memory: () => OK })).devices[0]!.memory.totalBytes).toBe('not-supported')
  })

  it('keeps a total near MemTotal as reported, and the topology unified', () => {
    const reading = readingOf(
      driver({
        memory: (_handle, out) => {
          out.writeBigUInt64LE(130_663_165_952n, 0)
          return OK
        }
      })
    )
    expect(reading.devices[0]!.memory.totalBytes).toBe(130_663_165_952)
    expect(reading.topology).toBe('unified')
  })

  it('grows with a process list that grows between two calls', () => {
    let size = 60
    const growing: ProcessList = {
      rowBytes: 24,
      call(handle, count, out) {
        size += 50
        return list(Array.from({ length: size }, (_, i) => [i + 1, 1n])).call(handle, count, out)
      }
    }
    const reading = readingOf(driver({ processLists: [growing] }))
    expect(reading.processes).toHaveLength(size)
    expect(reading.note).toBeNull()
  })

  it('gives up on a list without end, and says so', () => {
    let calls = 0
    const endless: ProcessList = {
      rowBytes: 24,
      call(_handle, count) {
        calls++
        count.writeUInt32LE(count.readUInt32LE() + 1)
        return 7
      }
    }
    const reading = readingOf(driver({ processLists: [endless] }))
    expect(calls).toBeLessThan(10)
    expect(reading.note).toContain('processes')
  })

  it('does not believe a count beyond the room it gave', () => {
    const liar: ProcessList = {
      rowBytes: 24,
      call(_handle, count) {
        count.writeUInt32LE(1_000_000)
        return OK
      }
    }
    expect(readingOf(driver({ processLists: [liar] })).processes).toEqual([])
  })

  it('counts processes of the GPU that shares the memory only', () => {
    const perDevice: ProcessList = {
      rowBytes: 24,
      call: (handle, count, out) => list([[handle === 0 ? 10 : 20, 5n]]).call(handle, count, out)
    }
    const reading = readingOf(
      driver(
        {
          processLists: [perDevice],
          memory: (handle, out) => {
            if (handle === 0) return 3
            out.writeBigUInt64LE(1n, 0)
            return OK
          }
        },
        ['NVIDIA GB10', 'NVIDIA RTX 6000 Ada Generation']
      )
    )
    expect(reading.topology).toBe('unified')
    expect(reading.processes).toEqual([{ pid: 10, bytes: 5 }])
  })

  it.each([1, 9, 15, 16, 18])('closes the session on code %i and opens it anew', (code) => {
    let inits = 0
    let shutdowns = 0
    let broken = true
    const source = createNvmlSource(
      driver({
        init: () => (inits++, OK),
        shutdown: () => (shutdowns++, OK),
        memory: () => (broken ? code : 3)
      }),
      'arm64'
    )
    expect(source.read().kind).toBe('failed')
    broken = false
    expect(source.read().kind).toBe('reading')
    expect(source.read().kind).toBe('reading')
    expect([inits, shutdowns]).toEqual([2, 1])
  })

  it('says what to do when the driver is not loaded', () => {
    const result = createNvmlSource(driver({ init: () => 9 }), 'arm64').read()
    expect(result).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining('not loaded') as string
    })
  })

  it('goes on with the other GPUs when one cannot be opened', () => {
    const reading = readingOf(
      driver({ handle: (index) => ({ code: index === 0 ? 4 : OK, handle: index }) }, ['a', 'NVIDIA GB10'])
    )
    expect(reading.devices.map((one) => one.index)).toEqual([1])
    expect(reading.note).toContain('GPU 0')
  })
})
