import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEstimating, type Estimating } from '../../../../src/main/app/estimating.ts'
import { systemClock } from '../../../../src/main/platform/system.ts'
import type { Runners } from '../../../../src/main/runners/supervisor/types.ts'
import type { MachineView } from '../../../../src/main/sampler/machine-view.ts'
import { NO_GPU_YET } from '../../../../src/shared/model/gpu.ts'
import type { Profile, RunnerView } from '../../../../src/shared/model/runner.ts'
import type { ProcessInfo } from '../../../../src/shared/model/snapshot.ts'
import { defaultLlamaCppSettings } from '../../../../src/shared/settings/llamacpp-defaults.ts'
import { defaultSettings } from '../../../../src/shared/settings/schema.ts'
import { createEmitter } from '../../../../src/shared/util/emitter.ts'
import { sampleRunner } from '../../../support/fake-core.ts'
import { makeGguf } from '../../../support/make-gguf.ts'
import { until } from '../../../support/until.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

let dir: string
let running: Profile
let view: RunnerView
let names: readonly string[]
let estimating: Estimating
let changes: ReturnType<typeof createEmitter<RunnerView>>

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-estimating-'))
  writeFileSync(join(dir, 'llama-server'), '#!/bin/sh\n', { mode: 0o755 })
  makeGguf(join(dir, 'tiny.gguf'))
  changes = createEmitter<RunnerView>(() => undefined)
  names = ['llama-server']
  running = profileOf(4096)
  view = viewOf('stopped')
  const runners = {
    list: () => [view],
    running: () => running,
    // Saved with another context meanwhile.
    profiles: () => [profileOf(8192)],
    onChange: (listener: (one: RunnerView) => void) => changes.on(listener)
  } as unknown as Runners
  estimating = createEstimating({
    places: {
      procRoot: '/proc',
      sysRoot: '/sys',
      runtimeDir: dir,
      configDir: dir,
      dataDir: dir,
      homeDir: dir,
      systemSentinelSocket: null
    } as unknown as Parameters<typeof createEstimating>[0]['places'],
    clock: systemClock,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    settings: defaultSettings,
    machine: {
      availableBytes: () => 40 * GIB,
      processes: () => names.map((name, at) => ({ pid: 7 + at, name }) as ProcessInfo)
    } as unknown as MachineView,
    gpu: () => ({ ...NO_GPU_YET, state: 'ok', stale: false, topology: 'unified' }),
    live: () => null,
    models: { list: async () => ({ models: [] }) } as unknown as Parameters<
      typeof createEstimating
    >[0]['models'],
    runners: () => runners,
    allocatableBytes: () => 8 * MIB
  })
})
afterEach(() => {
  estimating.estimates.dispose()
  rmSync(dir, { recursive: true, force: true })
})

function profileOf(contextTokens: number, id = 'x'): Profile {
  return {
    id,
    label: id,
    kind: 'llamacpp',
    modelPath: join(dir, 'tiny.gguf'),
    restartOnCrash: true,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null,
    settings: { ...defaultLlamaCppSettings(), contextTokens, binary: join(dir, 'llama-server') }
  }
}
const viewOf = (state: RunnerView['state']): RunnerView => ({
  ...sampleRunner('x', 'ready'),
  id: 'x',
  kind: 'llamacpp',
  state,
  startedAtMs: 1,
  pids: [7],
  bytes: { gpuBytes: 2 * GIB, hostBytes: 0, fileBytes: 0 },
  activity: null,
  stuck: null,
  frozen: false,
  containerId: null
})
function enter(state: RunnerView['state']): void {
  view = viewOf(state)
  changes.emit(view)
  estimating.observe()
}
const measuredOf = async (profile: Profile) => (await estimating.estimates.of(profile)).measured

describe('what runs teach', () => {
  it('is kept under the settings they were launched with', async () => {
    const launched = running
    for (const state of ['starting', 'loading'] as const) enter(state)
    await until('the run to be kept', async () => {
      enter('ready')
      return (await measuredOf(launched)) !== null
    })
    expect(await measuredOf(profileOf(8192))).toBeNull()
  })

  it('is nothing where it was found running', async () => {
    const found = running
    for (const state of ['loading', 'ready', 'ready', 'ready', 'ready'] as const) enter(state)
    // Its key would be known once another estimate was made.
    for (let look = 0; look < 20; look += 1) {
      enter('ready')
      expect(await measuredOf(found)).toBeNull()
    }
  })
})

describe('runners that make room', () => {
  const stops = async (): Promise<readonly string[]> => {
    const { label: _, ...rest } = profileOf(4096, 'other')
    const asked = await estimating.estimates.view({ ...rest, label: 'Other' })
    if (!asked.ok) throw new Error(asked.error.message)
    return asked.value.options.flatMap((way) => (way.kind === 'stop' ? way.runnerIds : []))
  }

  it('are not those that were found and whose stop would be refused', async () => {
    enter('loading')
    enter('ready')
    expect(await stops()).toEqual(['x'])
    names = ['Xorg']
    expect(await stops()).toEqual([])
  })
})
