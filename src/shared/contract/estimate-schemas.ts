import { z } from 'zod'
import {
  ESTIMATE_PARTS,
  VERDICTS,
  type AdmissionStatus,
  type Estimate,
  type EstimateView,
  type Interval,
  type WayOut
} from '../model/estimate.ts'
import type {
  GgufFacts,
  HparamValue,
  ModelConfig,
  ModelFacts,
  SafetensorsFacts
} from '../model/model-facts.ts'
import { bytesSchema as bytes } from './readings.ts'
import { settingValueSchema } from './setting-value.ts'

const interval = { lowBytes: bytes, expectedBytes: bytes, peakBytes: bytes }
export const intervalSchema = z.object(interval) satisfies z.ZodType<Interval>
const verdict = z.enum(VERDICTS)

export const estimateSchema = z.object({
  parts: z.array(z.object({ id: z.enum(ESTIMATE_PARTS), label: z.string(), why: z.string(), ...interval })),
  total: intervalSchema,
  growthBytes: bytes,
  source: z.enum(['formula', 'planner', 'measured']),
  confidence: z.enum(['good', 'rough', 'unknown']),
  notes: z.array(z.string()),
  bytesPerContextToken: bytes.nullable(),
  activeWeightBytes: bytes.nullable()
}) satisfies z.ZodType<Estimate>

const label = z.string()
export const wayOutSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('settings'),
    label,
    settings: z.record(z.string(), settingValueSchema),
    total: intervalSchema,
    verdict
  }),
  z.object({ kind: z.literal('model'), label, modelPath: z.string(), total: intervalSchema, verdict }),
  z.object({
    kind: z.literal('stop'),
    label,
    runnerIds: z.array(z.string()),
    givesBackBytes: bytes,
    verdict
  }),
  z.object({
    kind: z.literal('unload'),
    label,
    runnerId: z.string(),
    model: z.string().nullable(),
    givesBackBytes: bytes,
    verdict
  }),
  z.object({ kind: z.literal('wait'), label }),
  z.object({ kind: z.literal('anyway'), label, phrase: z.string() })
]) satisfies z.ZodType<WayOut>

export const estimateViewSchema = z.object({
  estimate: estimateSchema,
  formula: intervalSchema.nullable(),
  measured: z
    .object({
      restingBytes: bytes,
      peakBytes: bytes,
      runs: z.number(),
      lastAtMs: z.number(),
      errorPct: z.number()
    })
    .nullable(),
  verdict,
  sentence: z.string(),
  allocatableBytes: bytes,
  options: z.array(wayOutSchema),
  ceilingTokensPerS: z.number().nullable()
}) satisfies z.ZodType<EstimateView>

export const admissionSchema = z.object({
  allocatableBytes: bytes,
  reservedBytes: bytes,
  growthBytes: bytes,
  reservations: z.array(z.object({ runnerId: z.string(), label, bytes, takenBytes: bytes })),
  waiting: z.array(z.object({ runnerId: z.string(), label, text: z.string() }))
}) satisfies z.ZodType<AdmissionStatus>

const hparam = z.union([
  z.number(),
  z.boolean(),
  z.string(),
  z.array(z.number()),
  z.array(z.boolean())
]) satisfies z.ZodType<HparamValue>
const count = z.number().nullable()

const ggufFactsSchema = z.object({
  format: z.literal('gguf'),
  path: z.string(),
  architecture: z.string(),
  name: z.string().nullable(),
  hparams: z.record(z.string(), hparam),
  vocabularySize: z.number(),
  tensors: z.object({
    totalBytes: bytes,
    tokenEmbeddingBytes: bytes,
    perLayerEmbeddingBytes: bytes,
    outputBytes: bytes,
    layerBytes: z.array(bytes),
    expertLayerBytes: z.array(bytes),
    parameters: z.number(),
    expertParameters: z.number(),
    unknownTypes: z.number()
  }),
  parts: z.number(),
  fileBytes: bytes,
  largestFileBytes: bytes,
  mmproj: z.object({ path: z.string(), fileBytes: bytes }).nullable()
}) satisfies z.ZodType<GgufFacts>

const configSchema = z.object({
  modelType: z.string(),
  layers: count,
  hiddenSize: count,
  heads: count,
  kvHeads: count,
  headDim: count,
  intermediateSize: count,
  vocabularySize: count,
  maxPositions: count,
  isTied: z.boolean(),
  dtype: z.string().nullable(),
  slidingWindow: count,
  layerTypes: z.array(z.string()).nullable(),
  kvLoraRank: count,
  qkRopeHeadDim: count,
  fullAttentionInterval: count,
  experts: count,
  expertsPerToken: count,
  moeIntermediateSize: count,
  quantMethod: z.string().nullable(),
  kvCacheType: z.string().nullable(),
  mtpLayers: z.number()
}) satisfies z.ZodType<ModelConfig>

const safetensorsFactsSchema = z.object({
  format: z.literal('safetensors'),
  path: z.string(),
  repository: z.string().nullable(),
  weightsBytes: bytes,
  parameters: count,
  files: z.number(),
  largestFileBytes: bytes,
  config: configSchema.nullable()
}) satisfies z.ZodType<SafetensorsFacts>

export const modelFactsSchema = z.discriminatedUnion('format', [
  ggufFactsSchema,
  safetensorsFactsSchema
]) satisfies z.ZodType<ModelFacts>
