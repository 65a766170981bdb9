import type { Command } from '../command.ts'
import { adopt } from './adopt.ts'
import { answer } from './answer.ts'
import { drill } from './drill.ts'
import { estimate } from './estimate.ts'
import { guard } from './guard.ts'
import { incidents } from './incidents.ts'
import { logs } from './logs.ts'
import { models, playbooks, profiles, runners } from './lists.ts'
import { serve } from './serve.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  status,
  runners,
  profiles,
  playbooks,
  models,
  estimate,
  start,
  stop,
  adopt,
  logs,
  guard,
  answer,
  drill,
  incidents,
  serve
]
