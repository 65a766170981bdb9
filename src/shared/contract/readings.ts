import { z } from 'zod'
import type { Reading } from '../model/reading.ts'

/** A count of bytes; never negative. */
export const bytesSchema = z.number().nonnegative()

export const readingSchema = z.union([
  z.number(),
  z.literal('not-supported'),
  z.literal('unknown')
]) satisfies z.ZodType<Reading>
