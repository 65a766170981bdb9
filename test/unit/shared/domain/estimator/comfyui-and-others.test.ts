import { describe, expect, it } from 'vitest'
import { comfyuiActivation, estimateComfyui } from '../../../../../src/shared/domain/estimator/comfyui.ts'
import { hasOption, numberIn, optionIn } from '../../../../../src/shared/domain/estimator/engine-options.ts'
import {
  estimateCustom,
  estimateJupyterlab,
  estimateOpenWebui
} from '../../../../../src/shared/domain/estimator/others.ts'
import type { EstimateRequest } from '../../../../../src/shared/domain/estimator/types.ts'
import type { ModelFacts } from '../../../../../src/shared/model/model-facts.ts'
import type { FieldProfile } from '../../../../../src/shared/model/runner.ts'
import { GB, profileOf, repository, SPARK } from './served-facts.ts'

const request = (
  kind: FieldProfile['kind'],
  more: Partial<FieldProfile> = {},
  facts: ModelFacts | null = null
): EstimateRequest => ({
  profile: profileOf(kind, more.settings, { modelPath: '', ...more }),
  facts,
  draft: null,
  machine: SPARK
})

describe('ComfyUI', () => {
  it('computes in 1016 MiB for FLUX at 1024 × 1024, more for larger pictures and batches', () => {
    expect(comfyuiActivation(1024, 1024, 1, 3.1) / 1024 ** 2).toBeCloseTo(1015.8, 1)
    expect(comfyuiActivation(2048, 1024, 3, 3.1)).toBeCloseTo(6 * comfyuiActivation(1024, 1024, 1, 3.1), 0)
  })
  it('takes 38 to 40 GB for FLUX.1-dev, and a file more while it loads', () => {
    const { total, parts, confidence } = estimateComfyui(
      request('comfyui', { label: 'FLUX.1-dev (ComfyUI)' })
    )
    expect(confidence).toBe('rough')
    expect(parts[0]?.expectedBytes).toBe(34_172_222_116)
    expect(total.expectedBytes / GB).toBeGreaterThan(38)
    expect(total.expectedBytes / GB).toBeLessThan(40)
    expect(total.peakBytes).toBe(total.expectedBytes + 23_802_932_552)
  })
  it('grows by all of that after it is ready: it loads with the first picture', () => {
    const { total, growthBytes } = estimateComfyui(request('comfyui', { label: 'FLUX.1-dev' }))
    expect(growthBytes / total.expectedBytes).toBeGreaterThan(0.9)
  })
  it('is not known where the profile does not say which models', () => {
    const { confidence, total, notes } = estimateComfyui(request('comfyui', { label: 'Pictures' }))
    expect(confidence).toBe('unknown')
    expect(total.lowBytes / GB).toBeGreaterThan(2)
    expect(notes[0]).toMatch(/does not say which models/)
  })
  it('counts a checkpoint that is one file, and guesses the rest', () => {
    const { parts, confidence } = estimateComfyui(request('comfyui', {}, repository(6.9 * GB, null)))
    expect(parts.map(({ id }) => id)).toEqual([
      'weights-device',
      'weights-host',
      'compute-device',
      'context',
      'load-transient'
    ])
    expect(confidence).toBe('rough')
  })
})

describe('what holds no model', () => {
  it('is small, and says what comes on top', () => {
    expect(estimateJupyterlab(request('jupyterlab')).total.peakBytes).toBeLessThan(GB)
    expect(estimateOpenWebui(request('open-webui')).notes[0]).toMatch(/belong to other runners/)
  })
  it('says so where the image brings an Ollama', () => {
    const container = { image: 'ghcr.io/open-webui/open-webui:ollama', gpus: true, shmMiB: 0, hostIpc: false }
    const profile = { container: { ...container, mounts: [], env: [] } }
    expect(estimateOpenWebui(request('open-webui', profile)).notes[0]).toMatch(/Models that its Ollama loads/)
  })
  it("has no figure for a command of one's own", () => {
    const profile = { settings: { command: ['/usr/bin/some-job', '--fast'] } }
    const { parts, confidence, notes } = estimateCustom(request('custom', profile))
    expect([parts, confidence]).toEqual([[], 'unknown'])
    expect(notes[0]).toMatch(/'some-job'/)
    expect(estimateCustom(request('custom')).confidence).toBe('unknown')
  })
})

describe('options in arguments', () => {
  it('are read in every way of writing, the last one counting', () => {
    expect(numberIn(['--max-len', '5', '--max_len=7'], ['--max-len'])).toBe(7)
    expect(optionIn(['--a=b=c'], ['--a'])).toBe('b=c')
    expect(hasOption(['--dry_run'], ['--dry-run'])).toBe(true)
  })
  it('may have units: small letters by 1000, large ones by 1024', () => {
    const numbers = ['32k', '32K', '1.5G', '1e3', '-1', ' 7 ', '7x', 'kk', '1.2.3']
    expect(numbers.map((text) => numberIn(['--a', text], ['--a']))).toEqual([
      32_000,
      32_768,
      1.5 * 1024 ** 3,
      1000,
      -1,
      7,
      null,
      null,
      null
    ])
  })
  it('are null where they are missing or no number', () => {
    expect(optionIn(['--b'], ['--a'])).toBeNull()
    expect(optionIn(['--a'], ['--a'])).toBeNull()
    expect(numberIn(['--a', 'auto'], ['--a'])).toBeNull()
    expect(numberIn(['--a='], ['--a'])).toBeNull()
    expect(hasOption(['value', '--ab'], ['--a'])).toBe(false)
  })
})
