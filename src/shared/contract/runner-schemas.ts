import { z } from 'zod'
import type { Job } from '../model/job.ts'
import type { Playbook } from '../model/playbook.ts'
import { RUNNER_KINDS, type FoundRunner, type SetUpStep } from '../model/runner.ts'
import { bytesSchema as bytes } from './readings.ts'
import { profileSchema } from './schemas.ts'

export const foundRunnerSchema = z.object({
  pid: z.number(),
  startTicks: z.number(),
  kind: z.enum(RUNNER_KINDS),
  label: z.string(),
  model: z.string().nullable(),
  port: z.number().nullable(),
  url: z.string().nullable(),
  pids: z.array(z.number()),
  bytes: z.object({ gpuBytes: bytes, hostBytes: bytes, fileBytes: bytes }),
  startedBy: z.enum(['terminal', 'systemd', 'container', 'other']),
  startedByName: z.string().nullable(),
  containerId: z.string().nullable(),
  commandLine: z.array(z.string()),
  problem: z.string().nullable()
}) satisfies z.ZodType<FoundRunner>

/** A process, never by its number alone: numbers are given anew. */
export const processSchema = z.strictObject({
  pid: z.int().min(1).max(4_194_304),
  startTicks: z.int().nonnegative()
})

export const setUpStepSchema = z.object({
  text: z.string(),
  command: z.array(z.string()).nullable(),
  needsRoot: z.boolean()
}) satisfies z.ZodType<SetUpStep>

export const jobIdSchema = z.string().min(1).max(128)
export const jobSchema = z.object({
  id: jobIdSchema,
  kind: z.enum(['download', 'pull', 'set-up']),
  label: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  doneBytes: z.number().nullable(),
  totalBytes: z.number().nullable(),
  text: z.string(),
  startedAtMs: z.number()
}) satisfies z.ZodType<Job>

export const modelSourceSchema = z.strictObject({
  repository: z
    .string()
    .max(200)
    .regex(/^[\w.-]+\/[\w.-]+$/, 'write owner/name'),
  revision: z.string().min(1).max(200).default('main'),
  files: z.array(z.string().min(1).max(500)).min(1).max(2_000),
  sizeBytes: bytes,
  gated: z.boolean()
})

/** Shape of a playbook's file. */
export const playbookSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/)
    .max(64),
  title: z.string().min(1).max(120),
  summary: z.string().min(1).max(400),
  kind: z.enum(RUNNER_KINDS),
  profile: profileSchema,
  memoryBytes: bytes.nullable(),
  diskBytes: bytes.nullable(),
  source: modelSourceSchema.nullable(),
  sources: z.array(z.string().min(1)).min(1)
}) satisfies z.ZodType<Playbook>

/** A model on this machine, whatever program it is for. */
export const modelOnDiskSchema = z.object({
  /** What a profile's modelPath takes: a file, a folder, a repository or a tag. */
  path: z.string(),
  label: z.string(),
  sizeBytes: z.number(),
  format: z.enum(['gguf', 'safetensors', 'ollama']),
  /** Where it was found. */
  store: z.enum(['huggingface', 'llamacpp', 'ollama', 'lmstudio', 'folder']),
  /** 'owner/name' where the store says so. */
  repository: z.string().nullable(),
  /** Its vision projector, where there is one beside it. */
  mmprojPath: z.string().nullable(),
  parts: z.number(),
  /** A download that has not ended, or a part that is missing: it cannot be started. */
  isPartial: z.boolean()
})
