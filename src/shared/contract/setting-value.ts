import { z } from 'zod'

/** One value of a runner's settings, before its kind's description has checked it. */
export const settingValueSchema = z.union([
  z.number(),
  z.string().max(16_384),
  z.boolean(),
  z.array(z.string().max(4096)).max(256)
])
