import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isApu, type ApuFacts } from '../../../../src/main/gpu-probe/amdgpu/apu.ts'
import { parseFdinfo } from '../../../../src/main/gpu-probe/amdgpu/fdinfo.parse.ts'
import { createAmdSource } from '../../../../src/main/gpu-probe/amdgpu/source.ts'
import { addRadeonCard, addStrixHalo, createAmdTree, fixture, type AmdTree } from './amd-tree.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

describe('fdinfo of a DRM descriptor', () => {
  it('reads both generations of keys, with their units', () => {
    expect(parseFdinfo(fixture('strix-halo.fdinfo'))).toEqual({
      key: '0000:c5:00.0#41',
      gttBytes: 40 * GIB,
      vramBytes: 2 * MIB
    })
    expect(parseFdinfo(fixture('older-kernel.fdinfo'))).toEqual({
      key: '0000:03:00.0#7',
      gttBytes: 20 * MIB,
      vramBytes: GIB
    })
  })

  it('falls back to the total, and says when there is no figure', () => {
    const head = 'drm-driver:\tamdgpu\ndrm-client-id:\t1\n'
    expect(parseFdinfo(`${head}drm-total-gtt:\t7 MiB\n`)?.gttBytes).toBe(7 * MIB)
    expect(parseFdinfo(`${head}drm-memory-gtt:\t4096\n`)?.gttBytes).toBe(4096)
    expect(parseFdinfo(head)?.gttBytes).toBeNull()
    expect(parseFdinfo(`${head}drm-memory-gtt:\tplenty KiB\n`)?.gttBytes).toBeNull()
  })

  it.each(['', 'pos:\t0\n', fixture('intel.fdinfo'), 'drm-driver:\tamdgpu\n'])(
    'ignores others: %j',
    (text) => {
      expect(parseFdinfo(text)).toBeNull()
    }
  )
})

describe('APU or card', () => {
  const facts = (changes: Partial<ApuFacts>): ApuFacts => ({
    metricsRevision: null,
    northbridgeVoltage: false,
    deviceId: '0x9999',
    vramTotalBytes: 8 * GIB,
    gttTotalBytes: 32 * GIB,
    ...changes
  })

  it.each([
    ['a known id with a 96 GiB carve-out', { deviceId: '0x1586', vramTotalBytes: 96 * GIB }, true],
    ['metrics of an APU', { metricsRevision: 2 }, true],
    ['metrics of a card', { metricsRevision: 1, vramTotalBytes: GIB / 2 }, false],
    ['a northbridge voltage', { northbridgeVoltage: true }, true],
    ['a small carve-out', { vramTotalBytes: GIB / 2 }, true],
    ['nothing but a large pool', {}, false],
    ['no sizes', { vramTotalBytes: 'unknown', gttTotalBytes: 'unknown' }, false]
  ] as const)('%s', (_what, changes, expected) => {
    expect(isApu(facts(changes))).toBe(expected)
  })
})

describe('the amdgpu source', () => {
  let tree: AmdTree
  let nowMs = 0
  beforeEach(() => {
    tree = createAmdTree()
    nowMs = 0
  })
  afterEach(() => tree.remove())
  const source = () => createAmdSource(tree, () => nowMs)

  it('finds nothing where there is no AMD GPU', () => {
    expect(source().read()).toBeNull()
    tree.sys('class/drm/card0/device/vendor', '0x8086\n')
    tree.sys('class/drm/card0-DP-1/device/vendor', '0x1002\n')
    expect(source().read()).toBeNull()
  })

  it('reads a Strix Halo: memory is carve-out and GTT together, processes are GTT', () => {
    addStrixHalo(tree)
    tree.process(900, [
      { target: '/dev/null' },
      { target: '/dev/dri/renderD128', fdinfo: fixture('strix-halo.fdinfo') },
      { target: '/dev/dri/renderD128', fdinfo: fixture('strix-halo.fdinfo') }
    ])
    tree.process(901, [{ target: '/dev/dri/renderD128', fdinfo: fixture('strix-halo.fdinfo') }])
    tree.process(902, [{ target: '/dev/dri/card0', fdinfo: fixture('intel.fdinfo') }])
    tree.process(903, [
      { target: '/dev/dri/renderD128', fdinfo: 'drm-driver:\tamdgpu\ndrm-client-id:\t50\n' }
    ])
    expect(source().read()).toEqual({
      source: 'amdgpu',
      topology: 'amd-apu',
      driverVersion: null,
      devices: [
        {
          index: 0,
          name: 'AMD Radeon 8060S Graphics',
          memory: { totalBytes: 62.5 * GIB, usedBytes: 40.25 * GIB, freeBytes: 22.25 * GIB },
          utilizationPct: 97,
          temperatureC: 61,
          powerW: expect.closeTo(85.012, 6) as number,
          smClockMHz: expect.closeTo(2900, 6) as number
        }
      ],
      processes: [
        { pid: 900, bytes: 40 * GIB },
        { pid: 903, bytes: 'unknown' }
      ],
      note: null
    })
  })

  it('reads a card: its own memory alone, processes are VRAM', () => {
    addRadeonCard(tree)
    tree.process(800, [{ target: '/dev/dri/renderD128', fdinfo: fixture('older-kernel.fdinfo') }])
    const reading = source().read()
    expect(reading?.topology).toBe('discrete')
    expect(reading?.devices[0]).toMatchObject({
      name: 'AMD Radeon RX 7900 XTX',
      memory: { totalBytes: 24 * GIB, usedBytes: 3 * GIB },
      utilizationPct: 'not-supported',
      temperatureC: 'not-supported'
    })
    expect(reading?.processes).toEqual([{ pid: 800, bytes: GIB }])
  })

  it('looks at processes every 5 s only', () => {
    addStrixHalo(tree)
    const reader = source()
    expect(reader.read()?.processes).toEqual([])
    tree.process(900, [{ target: '/dev/dri/renderD128', fdinfo: fixture('strix-halo.fdinfo') }])
    nowMs = 4_999
    expect(reader.read()?.processes).toEqual([])
    nowMs = 5_000
    expect(reader.read()?.processes).toHaveLength(1)
  })

  it('takes garbage in a file as unknown, and notices a card that goes away', () => {
    addStrixHalo(tree)
    tree.sys('class/drm/card1/device/gpu_busy_percent', 'busy\n')
    tree.sys('class/drm/card1/device/mem_info_gtt_used', '')
    const reader = source()
    expect(reader.read()?.devices[0]).toMatchObject({
      utilizationPct: 'unknown',
      memory: { usedBytes: 'unknown', freeBytes: 'unknown' }
    })
    tree.removeSys('class/drm/card1')
    expect(reader.read()).toBeNull()
  })
})
