import { join, resolve } from 'node:path'

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, '../../..')
export const LAB = join(ROOT, 'test/lab')
/** Caches, images and logs; ignored by git. */
export const WORK = join(LAB, '.work')
export const RUNS = join(WORK, 'runs')
export const CHECKS_REPORT = join(ROOT, 'docs/measurements/lab-checks.md')
export const REPORT = join(ROOT, 'docs/measurements/lab.md')
/** Debian's release in the guest: its kernel has the interfaces the guard uses, and its headers are at hand. */
export const SUITE = 'trixie'
