import { z } from 'zod'
import type { DeepReadonly } from '../util/deep-readonly.ts'
import type {
  Conflict,
  DrillReport,
  GuardAsk,
  GuardEvent,
  GuardView,
  Incident,
  IncidentSummary,
  ProtectionStatus,
  Ranking,
  SentinelStatus
} from '../model/guard.ts'
import { GUARD_LEVELS, GUARD_MODES } from '../model/status.ts'
import { bytesSchema as bytes, readingSchema } from './readings.ts'

/** `z.ZodType<T>` that also accepts what zod infers as mutable. */
type Describes<T> = z.ZodType<DeepReadonly<T>>

const kind = z.enum(['runner', 'foreign'])

export const guardEventSchema = z.object({
  sequence: z.number(),
  atMs: z.number(),
  monotonicMs: z.number(),
  watchId: z.string(),
  kind: z.enum([
    'shrink',
    'freeze',
    'thaw',
    'terminate',
    'kill',
    'warn',
    'would',
    'gone',
    'memory-back',
    'memory-missing',
    'failed'
  ]),
  victimId: z.string().nullable(),
  label: z.string().nullable(),
  reasons: z.array(z.string()),
  availableBytes: bytes,
  floorBytes: bytes,
  secondsToEmpty: z.number().nullable(),
  bytes: readingSchema
}) satisfies Describes<GuardEvent>

export const guardAskSchema = z.object({
  watchId: z.string(),
  victimId: z.string(),
  label: z.string(),
  stage: z.enum(['warn', 'frozen']),
  text: z.string(),
  actsAtMs: z.number().nullable(),
  victimBytes: bytes
}) satisfies Describes<GuardAsk>

export const rankingSchema = z.object({
  victims: z.array(
    z.object({ id: z.string(), label: z.string(), kind, bytes, reloadS: readingSchema, why: z.string() })
  ),
  refused: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      kind,
      bytes,
      because: z.enum(['pinned', 'protected', 'not-allowed'])
    })
  )
}) satisfies Describes<Ranking>

export const sentinelStatusSchema = z.object({
  state: z.enum(['off', 'starting', 'guarding', 'gone']),
  pid: z.number().nullable(),
  rights: z.enum(['system', 'user', 'unknown']),
  memoryLocked: z.boolean(),
  priorityRaised: z.boolean(),
  notes: z.array(z.string()),
  armedIds: z.array(z.string()),
  unreachableIds: z.array(z.string())
}) satisfies Describes<SentinelStatus>

export const drillReportSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  passed: z.boolean(),
  text: z.string(),
  boundBytes: bytes,
  stepBytes: bytes,
  warnedAtS: z.number().nullable(),
  frozenAtS: z.number().nullable(),
  stoppedAtS: z.number().nullable(),
  memoryBackAtS: z.number().nullable(),
  takenBytes: bytes,
  returnedBytes: readingSchema,
  sentinel: z.object({
    rights: z.enum(['system', 'user', 'unknown']),
    memoryLocked: z.boolean(),
    priorityRaised: z.boolean()
  }),
  curve: z.array(z.object({ atS: z.number(), availableBytes: bytes })),
  thresholds: z.object({ reserveBytes: bytes, floorBytes: bytes })
}) satisfies Describes<DrillReport>

export const guardViewSchema = z.object({
  mode: z.enum(GUARD_MODES),
  level: z.enum(GUARD_LEVELS),
  reasons: z.array(z.string()),
  reserveBytes: bytes,
  floorBytes: bytes,
  automaticReserveBytes: bytes,
  automaticFloorBytes: bytes,
  sentinel: sentinelStatusSchema,
  launchesHeld: z.boolean(),
  ask: guardAskSchema.nullable(),
  wouldDo: z.string(),
  ranking: rankingSchema,
  protectedNames: z.array(z.string()),
  lastEvents: z.array(guardEventSchema),
  lastDrill: drillReportSchema.nullable(),
  drillRunning: z.boolean()
}) satisfies Describes<GuardView>

const summary = {
  id: z.string(),
  atMs: z.number(),
  kind: z.enum(['acted', 'would-have-acted', 'stopped-answering', 'guard-died']),
  title: z.string(),
  text: z.string(),
  runnerId: z.string().nullable()
}
export const incidentSummarySchema = z.object(summary) satisfies Describes<IncidentSummary>
export const incidentSchema = z.object({
  ...summary,
  events: z.array(guardEventSchema),
  curve: z.array(
    z.object({
      atMs: z.number(),
      availableBytes: bytes,
      holders: z.array(z.object({ label: z.string(), bytes }))
    })
  )
}) satisfies Describes<Incident>

export const conflictSchema = z.object({
  id: z.enum([
    'earlyoom',
    'earlyoom-percentage',
    'systemd-oomd',
    'nohang',
    'ray-memory-monitor',
    'swap',
    'swappiness'
  ]),
  severity: z.enum(['info', 'warning']),
  title: z.string(),
  text: z.string(),
  whatToDo: z.string(),
  commands: z.array(z.string())
}) satisfies Describes<Conflict>

export const protectionSchema = z.object({
  state: z.enum(['on', 'off', 'unsupported']),
  note: z.string().nullable(),
  units: z.array(z.object({ unit: z.string(), minBytes: bytes, lowBytes: bytes })),
  installCommand: z.array(z.string()),
  removeCommand: z.array(z.string())
}) satisfies Describes<ProtectionStatus>
