import { z } from 'zod'
import type { GpuSnapshot } from '../model/gpu.ts'
import { LEDGER_KINDS, type LedgerPart } from '../model/ledger.ts'
import { IMPORTANCES } from '../model/importance.ts'
import {
  RUNNER_KINDS,
  RUNNER_STATES,
  type ContainerSettings,
  type FieldProfile,
  type FieldSettings,
  type Installation,
  type LlamaCppSettings,
  type Profile,
  type RunnerView,
  type StopResult
} from '../model/runner.ts'
import { RUNNER_SPECS, settingProblem } from '../model/specs/index.ts'
import type { CpuLoad, Pressures, Rates } from '../model/snapshot.ts'
import {
  GUARD_LEVELS,
  GUARD_MODES,
  type GuardStatus,
  type Live,
  type MachineFacts,
  type Notice,
  type Recent,
  type Status
} from '../model/status.ts'
import { plainText } from '../util/plain-text.ts'
import { admissionSchema } from './estimate-schemas.ts'
import { bytesSchema as bytes, readingSchema } from './readings.ts'
import { settingValueSchema } from './setting-value.ts'

const pressureLine = z.object({
  avg10Pct: z.number(),
  avg60Pct: z.number(),
  avg300Pct: z.number(),
  totalUs: z.number()
})
const pressure = z.union([
  z.object({ some: pressureLine, full: z.union([pressureLine, z.literal('unknown')]) }),
  z.literal('unknown')
])
export const pressuresSchema = z.object({
  memory: pressure,
  cpu: pressure,
  io: pressure
}) satisfies z.ZodType<Pressures>

export const cpuSchema = z.object({ busyPct: readingSchema, cores: z.number() }) satisfies z.ZodType<CpuLoad>

export const ratesSchema = z.object({
  networkReceiveBytesPerS: readingSchema,
  networkSendBytesPerS: readingSchema,
  diskReadBytesPerS: readingSchema,
  diskWriteBytesPerS: readingSchema
}) satisfies z.ZodType<Rates>

export const topologySchema = z.enum(['unified', 'discrete', 'amd-apu', 'none'])

export const gpuSchema = z.object({
  state: z.enum(['starting', 'ok', 'stuck', 'failed']),
  source: z.enum(['nvml', 'nvidia-smi', 'amdgpu', 'none']),
  topology: topologySchema,
  driverVersion: z.string().nullable(),
  devices: z.array(
    z.object({
      index: z.number(),
      name: z.string(),
      memory: z.object({ totalBytes: readingSchema, usedBytes: readingSchema, freeBytes: readingSchema }),
      utilizationPct: readingSchema,
      temperatureC: readingSchema,
      powerW: readingSchema,
      smClockMHz: readingSchema
    })
  ),
  processes: z.array(z.object({ pid: z.number(), bytes: readingSchema })),
  ageMs: readingSchema,
  stale: z.boolean(),
  note: z.string().nullable()
}) satisfies z.ZodType<GpuSnapshot>

export const ledgerPartSchema = z.object({
  id: z.string(),
  label: z.string(),
  kind: z.enum(LEDGER_KINDS),
  bytes,
  gpuBytes: bytes,
  hostBytes: bytes,
  pids: z.array(z.number()).optional(),
  mappedFileBytes: bytes.optional()
})
ledgerPartSchema satisfies z.ZodType<LedgerPart>

export const guardSchema = z.object({
  mode: z.enum(GUARD_MODES),
  level: z.enum(GUARD_LEVELS),
  reasons: z.array(z.string()),
  reserveBytes: bytes,
  floorBytes: bytes,
  secondsToEmpty: z.number().nullable()
}) satisfies z.ZodType<GuardStatus>

export const llamaCppSettingsSchema = z.strictObject({
  contextTokens: z.int().min(0).max(16_777_216),
  port: z.int().min(0).max(65_535),
  gpuLayers: z.int().min(-1).max(10_000),
  parallelSlots: z.int().min(1).max(256),
  promptCacheMiB: z.int().min(0).max(1_048_576),
  contextCheckpoints: z.int().min(0).max(1024),
  binary: z.string().max(4096),
  extraArgs: z.array(z.string().max(4096)).max(256)
}) satisfies z.ZodType<LlamaCppSettings>

/** Slug: it becomes a file name, a systemd unit name and a URL part. */
export const runnerIdSchema = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'use lower-case letters, digits, dot, dash')

const mountSchema = z.strictObject({
  hostPath: z.string().min(1).max(4096),
  containerPath: z.string().min(1).max(4096).startsWith('/', 'give the whole path inside the container'),
  readOnly: z.boolean()
})
export const containerSettingsSchema = z.strictObject({
  image: z.string().min(1, 'name an image').max(512),
  gpus: z.boolean(),
  shmMiB: z.int().min(0).max(1_048_576),
  hostIpc: z.boolean(),
  mounts: z.array(mountSchema).max(64),
  env: z
    .array(
      z
        .string()
        .max(8192)
        .regex(/^[A-Za-z_][A-Za-z0-9_]*=/, 'write NAME=value')
    )
    .max(128)
}) satisfies z.ZodType<ContainerSettings>

const anyProfile = {
  id: runnerIdSchema,
  label: z.string().transform(plainText).pipe(z.string().min(1, 'give it a name').max(200)),
  restartOnCrash: z.boolean(),
  importance: z.enum(IMPORTANCES).default('normal'),
  pinned: z.boolean().default(false),
  floorBytes: z.int().nonnegative().nullable().default(null),
  lan: z.boolean().default(false),
  container: containerSettingsSchema.nullable().default(null)
}
const fieldProfile = {
  ...anyProfile,
  kind: z.enum(RUNNER_KINDS).exclude(['llamacpp']),
  modelPath: z.string().max(4096),
  settings: z.record(z.string().max(64), settingValueSchema)
}
const llamaCppProfile = {
  ...anyProfile,
  kind: z.literal('llamacpp'),
  modelPath: z.string().min(1).max(4096)
}

/** The description of each kind says which settings there are; what is left out has its default. */
const checkFields = (profile: FieldProfile, context: z.RefinementCtx): void => {
  for (const [key, value] of Object.entries(profile.settings)) {
    const message = settingProblem(profile.kind, key, value)
    if (message !== null) context.addIssue({ code: 'custom', path: ['settings', key], message })
  }
}

export const runnerKindSchema = z.enum(RUNNER_KINDS)
export const profileSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...llamaCppProfile, settings: llamaCppSettingsSchema }),
  z.strictObject(fieldProfile).superRefine(checkFields)
]) satisfies z.ZodType<Profile>

/** A profile's file, which a newer Firebreak may have written: what it knows more of is left out, not refused. */
export const profileFileSchema = z.discriminatedUnion('kind', [
  z.object({ ...llamaCppProfile, settings: z.object(llamaCppSettingsSchema.shape) }),
  z
    .object(fieldProfile)
    .transform((profile) => ({ ...profile, settings: knownSettings(profile) }))
    .superRefine(checkFields)
]) satisfies z.ZodType<Profile>

const knownSettings = ({ kind, settings }: FieldProfile): FieldSettings => {
  const known = new Set<string>(RUNNER_SPECS[kind].fields.map(({ key }) => key))
  return Object.fromEntries(Object.entries(settings).filter(([key]) => known.has(key)))
}

export const installationSchema = z.object({
  kind: z.enum(RUNNER_KINDS),
  path: z.string().nullable(),
  problem: z.string().nullable()
}) satisfies z.ZodType<Installation>

export const stopResultSchema = z.object({
  bytesReturned: bytes,
  bytesExpected: bytes,
  seconds: z.number().nonnegative(),
  left: z.array(z.object({ pid: z.number(), name: z.string(), bytes })),
  memoryIsBack: z.boolean(),
  text: z.string()
}) satisfies z.ZodType<StopResult>

export const runnerViewSchema = z.object({
  id: runnerIdSchema,
  kind: z.enum(RUNNER_KINDS),
  label: z.string(),
  modelPath: z.string(),
  state: z.enum(RUNNER_STATES),
  text: z.string(),
  frozen: z.boolean(),
  pids: z.array(z.number()),
  port: z.number().nullable(),
  url: z.string().nullable(),
  startedAtMs: z.number().nullable(),
  readyAtMs: z.number().nullable(),
  loadedBytes: readingSchema,
  modelBytes: readingSchema,
  bytes: z.object({ gpuBytes: bytes, hostBytes: bytes, fileBytes: bytes }),
  lastStop: stopResultSchema.nullable(),
  commandLine: z.array(z.string()),
  restarts: z.number(),
  containerId: z.string().nullable(),
  activity: z
    .object({
      busy: z.union([z.boolean(), z.literal('unknown')]),
      requestsRunning: readingSchema,
      requestsWaiting: readingSchema,
      tokensPerS: readingSchema,
      idleSinceMs: z.number().nullable()
    })
    .nullable(),
  stuck: z.string().nullable(),
  training: z
    .object({
      step: readingSchema,
      totalSteps: readingSchema,
      epoch: readingSchema,
      loss: readingSchema,
      secondsLeft: readingSchema,
      lastCheckpoint: z.string().nullable()
    })
    .nullable(),
  models: z
    .array(
      z.object({
        name: z.string(),
        state: z.enum(['loaded', 'loading', 'unloaded', 'sleeping']),
        bytes: readingSchema
      })
    )
    .nullable(),
  free: z.object({ frees: z.boolean(), byItself: z.boolean(), text: z.string() }).nullable()
}) satisfies z.ZodType<RunnerView>

const live = {
  sequence: z.number(),
  atMs: z.number(),
  intervalMs: z.number(),
  memTotalBytes: bytes,
  memAvailableBytes: bytes,
  perCpuFreeBytes: readingSchema,
  freeForModelsBytes: bytes,
  admission: admissionSchema,
  swapTotalBytes: readingSchema,
  swapFreeBytes: readingSchema,
  topology: topologySchema,
  gpu: gpuSchema,
  pressure: pressuresSchema,
  cpu: cpuSchema,
  temperatureC: readingSchema,
  rates: ratesSchema,
  ledger: z.array(ledgerPartSchema),
  guard: guardSchema
}
export const liveSchema = z.object(live)
liveSchema satisfies z.ZodType<Live>

export const statusSchema = z.object({
  ...live,
  level: z.enum(GUARD_LEVELS),
  runners: z.array(runnerViewSchema)
})
statusSchema satisfies z.ZodType<Status>

export const factsSchema = z.object({
  model: z.string(),
  cpu: z.string(),
  cores: z.number(),
  gpu: z.string(),
  os: z.string(),
  kernel: z.string(),
  arch: z.string(),
  pageSizeBytes: z.number()
}) satisfies z.ZodType<MachineFacts>

export const recentSchema = z.object({
  series: z.array(z.object({ id: z.string(), label: z.string(), kind: z.enum(LEDGER_KINDS) })),
  points: z.array(
    z.object({ atMs: z.number(), memAvailableBytes: bytes, bands: z.record(z.string(), z.number()) })
  )
}) satisfies z.ZodType<Recent>

export const noticeSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  severity: z.enum(['info', 'warning', 'error']),
  text: z.string(),
  whatToDo: z.string().nullable(),
  runnerId: z.string().optional(),
  incidentId: z.string().optional()
}) satisfies z.ZodType<Notice>
