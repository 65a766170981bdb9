import { z } from 'zod'
import type { DeepReadonly } from '../util/deep-readonly.ts'
import { settingsPatchSchema, settingsSchema } from '../settings/schema.ts'
import { EVENT_NAMES, type CommandName, type EventName } from './channels.ts'
import { estimateViewSchema, intervalSchema, modelFactsSchema } from './estimate-schemas.ts'
import {
  conflictSchema,
  drillReportSchema,
  guardViewSchema,
  incidentSchema,
  incidentSummarySchema,
  protectionSchema
} from './guard-schemas.ts'
import {
  foundRunnerSchema,
  jobIdSchema,
  jobSchema,
  modelOnDiskSchema,
  modelSourceSchema,
  playbookSchema,
  processSchema,
  setUpStepSchema
} from './runner-schemas.ts'
import {
  factsSchema,
  installationSchema,
  liveSchema,
  noticeSchema,
  profileSchema,
  recentSchema,
  runnerIdSchema,
  runnerKindSchema,
  runnerViewSchema,
  statusSchema,
  stopResultSchema
} from './schemas.ts'
import { settingValueSchema } from './setting-value.ts'

const nothing = z.strictObject({})
const byId = z.strictObject({ id: runnerIdSchema })
const modelOf = z.strictObject({ id: runnerIdSchema, model: z.string().min(1).max(500) })

const command = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output })

/**
 * Every command: what goes in, what comes out. Electron IPC, WebSocket, Unix socket, CLI and tests derive from
 * this table; there is no other list.
 */
export const COMMANDS = {
  'app.hello': command(
    nothing,
    z.object({
      name: z.literal('firebreak'),
      version: z.string(),
      protocolVersion: z.number(),
      pid: z.number(),
      host: z.enum(['electron', 'headless'])
    })
  ),
  'app.facts': command(nothing, factsSchema),
  'app.own-cost': command(
    nothing,
    z.object({
      processes: z.array(
        z.object({ name: z.string(), pid: z.number(), pssBytes: z.union([z.number(), z.literal('unknown')]) })
      ),
      cpuPctOfOneCore: z.union([z.number(), z.literal('unknown')])
    })
  ),
  'app.notices': command(nothing, z.array(noticeSchema)),
  'app.dismiss-notice': command(z.strictObject({ id: z.string().max(200) }), nothing),
  'status.get': command(nothing, statusSchema),
  'recent.get': command(z.strictObject({ windowS: z.int().min(10).max(900) }), recentSchema),
  'runners.list': command(nothing, z.array(runnerViewSchema)),
  /** `target` is a profile's id or the path of a model; a path makes a profile of that name. */
  'runners.start': command(
    z.strictObject({
      target: z.string().min(1).max(4096),
      kind: runnerKindSchema.optional(),
      /** Settings of the profile's kind that are another value for this run. */
      settings: z.record(z.string().max(64), settingValueSchema).optional(),
      /** Waits and starts when there is room, where it does not fit now. */
      waits: z.boolean().optional(),
      /** The phrase of the way out 'anyway', as typed by the user: starts although it does not fit. */
      phrase: z.string().max(200).optional()
    }),
    runnerViewSchema
  ),
  /** Answers when the processes are gone and the memory is back, or the deadline has passed. */
  'runners.stop': command(byId, stopResultSchema),
  /**
   * Text from byte `offset` of the log (null = the last `maxBytes`); `nextOffset` continues. `fromOffset` is where it
   * really begins: elsewhere than asked for when the log has been rotated or has begun anew.
   */
  'runners.log': command(
    z.strictObject({
      id: runnerIdSchema,
      offset: z.int().min(0).nullable(),
      maxBytes: z.int().min(1).max(262_144)
    }),
    z.object({ text: z.string(), fromOffset: z.number(), nextOffset: z.number() })
  ),
  /** Which program each kind of runner would be launched with, and what to do where there is none. */
  'runners.installed': command(nothing, z.array(installationSchema)),
  /** The vendor's steps to install a kind on this machine. */
  'runners.set-up': command(z.strictObject({ kind: runnerKindSchema }), z.array(setUpStepSchema)),
  /** Runs those steps that need no root. */
  'runners.run-set-up': command(z.strictObject({ kind: runnerKindSchema }), jobSchema),
  /** Runners that Firebreak did not start. */
  'runners.found': command(nothing, z.array(foundRunnerSchema)),
  /** Takes a found runner over as it runs: it gets a profile. */
  'runners.adopt': command(processSchema, runnerViewSchema),
  'runners.stop-found': command(processSchema, stopResultSchema),
  /** Asks a runner to give memory back without ending; says what came back. */
  'runners.free': command(byId, stopResultSchema),
  'runners.load-model': command(modelOf, nothing),
  'runners.unload-model': command(modelOf, nothing),
  /** The loss curve, at most 2000 points. */
  'runners.training': command(
    byId,
    z.object({
      points: z.array(z.object({ step: z.number(), loss: z.number(), atMs: z.number() })),
      /** Whether 'stop after the next checkpoint' works with it, in words. */
      checkpointStop: z.object({ works: z.boolean(), text: z.string() })
    })
  ),
  'runners.stop-after-checkpoint': command(byId, nothing),
  /** The container engine that would be used. */
  'engine.get': command(
    nothing,
    z.object({
      state: z.enum(['ok', 'absent', 'denied', 'no-answer']),
      name: z.enum(['docker', 'podman']).nullable(),
      version: z.string().nullable(),
      socket: z.string().nullable(),
      /** What to do where there is none. */
      text: z.string()
    })
  ),
  'profiles.list': command(nothing, z.array(profileSchema)),
  'profiles.save': command(profileSchema, profileSchema),
  'profiles.remove': command(byId, nothing),
  'profiles.preview': command(
    z.strictObject({ profile: profileSchema }),
    z.object({
      /** As it would be launched now, secrets redacted. */
      commandLine: z.array(z.string()),
      /** The same for a terminal, quoted; may have several lines. */
      text: z.string(),
      warnings: z.array(z.string())
    })
  ),
  /** Text of a file that profiles.import understands. */
  'profiles.export': command(
    z.strictObject({ ids: z.array(runnerIdSchema).min(1).max(1_000) }),
    z.object({ text: z.string() })
  ),
  /** Takes what it can; each that it cannot is named. */
  'profiles.import': command(
    z.strictObject({ text: z.string().max(4_194_304) }),
    z.object({ profiles: z.array(profileSchema), problems: z.array(z.string()) })
  ),
  'playbooks.list': command(nothing, z.array(playbookSchema)),
  'models.list': command(
    nothing,
    z.object({
      models: z.array(modelOnDiskSchema),
      searched: z.array(z.string()),
      /** What was left out and why, one sentence each. */
      skipped: z.array(z.string()).optional()
    })
  ),
  /** What the headers of a model say; `kind` tells how a tag is to be understood. */
  'models.facts': command(
    z.strictObject({ path: z.string().min(1).max(4096), kind: runnerKindSchema }),
    modelFactsSchema
  ),
  /** What would be started by runners.start, estimated and judged now. */
  'estimate.get': command(
    z.strictObject({
      target: z.string().min(1).max(4096),
      kind: runnerKindSchema.optional(),
      settings: z.record(z.string().max(64), settingValueSchema).optional()
    }),
    estimateViewSchema
  ),
  /** The same for a profile that is not saved. */
  'estimate.profile': command(z.strictObject({ profile: profileSchema }), estimateViewSchema),
  /** Every model on disk with the settings a new profile would have; what cannot be estimated is left out. */
  'estimate.models': command(
    nothing,
    z.array(z.object({ path: z.string(), total: intervalSchema, isRough: z.boolean() }))
  ),
  /** Fetches into the Hugging Face cache, where every runner looks; goes on where it stopped. */
  'models.download': command(z.strictObject({ source: modelSourceSchema }), jobSchema),
  'jobs.list': command(nothing, z.array(jobSchema)),
  'jobs.cancel': command(z.strictObject({ id: jobIdSchema }), nothing),
  'settings.get': command(nothing, settingsSchema),
  'settings.set': command(settingsPatchSchema, settingsSchema),
  'guard.get': command(nothing, guardViewSchema),
  /** What the user chose in a warning: about one runner of one watch. */
  'guard.answer': command(
    z.strictObject({
      watchId: z.string().max(64),
      victimId: z.string().max(200),
      choice: z.enum(['stop', 'continue', 'keep-frozen'])
    }),
    nothing
  ),
  /** A fire drill; answers with its report when it is over, at most two minutes later. */
  'guard.drill': command(nothing, drillReportSchema),
  'guard.drills': command(nothing, z.array(drillReportSchema)),
  /** Newest first. */
  'incidents.list': command(nothing, z.array(incidentSummarySchema)),
  'incidents.get': command(byId, incidentSchema),
  'protection.get': command(
    nothing,
    z.object({ protection: protectionSchema, conflicts: z.array(conflictSchema) })
  ),
  /** Asks for the administrator's password; refused when the dialog is cancelled. */
  'protection.set': command(z.strictObject({ install: z.boolean() }), protectionSchema),
  /** Starts the core's web host if need be; `url` carries the token in its fragment. */
  'web.open': command(
    z.strictObject({ port: z.int().min(0).max(65_535).optional() }),
    z.object({ url: z.string(), port: z.number() })
  ),
  'events.subscribe': command(z.strictObject({ events: z.array(z.enum(EVENT_NAMES)).max(16) }), nothing),
  'events.unsubscribe': command(z.strictObject({ events: z.array(z.enum(EVENT_NAMES)).max(16) }), nothing)
} as const satisfies Record<CommandName, { input: z.ZodType; output: z.ZodType }>

/** Every event a subscriber can get. */
export const EVENTS = {
  live: liveSchema,
  runner: runnerViewSchema,
  'runner-removed': z.object({ id: runnerIdSchema }),
  /** New text of a runner's log, bytes `fromOffset` to `nextOffset`; at most one per runner and 250 ms. */
  log: z.object({ id: runnerIdSchema, text: z.string(), fromOffset: z.number(), nextOffset: z.number() }),
  notice: noticeSchema,
  settings: settingsSchema,
  /** Something of the guard's view changed; at most twice a second. */
  guard: guardViewSchema,
  incident: incidentSummarySchema,
  /** A download, pull or set-up that moved; at most twice a second each. */
  job: jobSchema
} as const satisfies Record<EventName, z.ZodType>

export type CommandInput<K extends CommandName> = z.input<(typeof COMMANDS)[K]['input']>
export type CommandOutput<K extends CommandName> = DeepReadonly<z.output<(typeof COMMANDS)[K]['output']>>
export type EventPayload<K extends EventName> = DeepReadonly<z.output<(typeof EVENTS)[K]>>
