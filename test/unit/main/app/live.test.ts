import { describe, expect, it } from 'vitest'
import { accountOf, liveOf } from '../../../../src/main/app/live.ts'
import { NO_GPU_YET } from '../../../../src/shared/model/gpu.ts'
import type { Snapshot } from '../../../../src/shared/model/snapshot.ts'
import type { GuardStatus } from '../../../../src/shared/model/status.ts'

const GIB = 1024 ** 3

const snapshot = (sequence: number, availableBytes: number): Snapshot => ({
  sequence,
  atMs: sequence * 1000,
  monotonicMs: sequence * 1000,
  intervalMs: 1000,
  memInfo: {
    memTotalBytes: 120 * GIB,
    memFreeBytes: availableBytes,
    memAvailableBytes: availableBytes,
    buffersBytes: 'unknown',
    cachedBytes: 'unknown',
    shmemBytes: 'unknown',
    anonPagesBytes: 'unknown',
    mlockedBytes: 'unknown',
    slabReclaimableBytes: 'unknown',
    slabUnreclaimableBytes: 'unknown',
    kernelStackBytes: 'unknown',
    pageTablesBytes: 'unknown',
    secPageTablesBytes: 'unknown',
    percpuBytes: 'unknown',
    hugetlbBytes: 'unknown',
    hugePagesTotal: 'unknown',
    hugePagesFree: 'unknown',
    hugePageSizeBytes: 'unknown',
    swapTotalBytes: 'unknown',
    swapFreeBytes: 'unknown',
    dirtyBytes: 'unknown',
    writebackBytes: 'unknown'
  },
  perCpuFreeBytes: GIB,
  pressures: { memory: 'unknown', cpu: 'unknown', io: 'unknown' },
  vmStat: 'unknown',
  buddy: 'unknown',
  processes: [],
  cpu: { busyPct: 'unknown', cores: 20 },
  temperatureC: 'unknown',
  rates: {
    networkReceiveBytesPerS: 'unknown',
    networkSendBytesPerS: 'unknown',
    diskReadBytesPerS: 'unknown',
    diskWriteBytesPerS: 'unknown'
  },
  gpu: NO_GPU_YET
})

const guard = (reserveBytes: number): GuardStatus => ({
  mode: 'balanced',
  level: 'calm',
  reasons: [],
  reserveBytes,
  floorBytes: reserveBytes / 3,
  secondsToEmpty: null
})

const make = (one: Snapshot, reserveBytes = 6 * GIB) =>
  liveOf(one, accountOf(one, [], 0), guard(reserveBytes), {
    allocatableBytes: 0,
    reservedBytes: 0,
    growthBytes: 0,
    reservations: [],
    waiting: []
  })

describe('what clients see of a tick', () => {
  it('accounts for all memory even when the kernel says little', () => {
    const live = make(snapshot(0, 40 * GIB))
    expect(live.ledger.reduce((sum, part) => sum + part.bytes, 0)).toBe(120 * GIB)
  })

  it('counts per-CPU lists and the reserve in what is free for models, and is never negative', () => {
    expect(make(snapshot(0, 40 * GIB)).freeForModelsBytes).toBe((40 + 1 - 6) * GIB)
    expect(make(snapshot(0, 2 * GIB)).freeForModelsBytes).toBe(0)
  })

  it('carries the level as the guard has it', () => {
    expect(make(snapshot(0, 40 * GIB)).guard).toEqual(guard(6 * GIB))
  })
})
