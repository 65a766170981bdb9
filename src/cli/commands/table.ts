import type { Command } from '../command.ts'
import { answer } from './answer.ts'
import { drill } from './drill.ts'
import { guard } from './guard.ts'
import { incidents } from './incidents.ts'
import { logs } from './logs.ts'
import { models, profiles, runners } from './lists.ts'
import { serve } from './serve.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  status,
  runners,
  profiles,
  models,
  start,
  stop,
  logs,
  guard,
  answer,
  drill,
  incidents,
  serve
]
