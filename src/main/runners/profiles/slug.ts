import { basename } from 'node:path'
import { plainText } from '../../../shared/util/plain-text.ts'
import { parseSplitName } from '../../models/split-name.ts'

/** As runnerIdSchema allows; some room is left for '-2'. */
const MAX_SLUG_CHARACTERS = 56

/** A model's name without folder, part number and ending: what people call it. */
export function labelOfModel(path: string): string {
  const stem = parseSplitName(path)?.stem ?? path.replace(/\.gguf$/i, '')
  return plainText(basename(stem)) || 'model'
}

/** A name that can be a file name, a systemd unit name and a URL part. */
export function slugOf(label: string): string {
  const slug = label
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, MAX_SLUG_CHARACTERS)
    .replace(/[^a-z0-9]+$/, '')
  return slug === '' ? 'model' : slug
}

/** The slug, or the slug with the first free number. */
export function freeSlug(label: string, taken: (id: string) => boolean): string {
  const slug = slugOf(label)
  if (!taken(slug)) return slug
  for (let number = 2; ; number += 1) {
    const numbered = `${slug}-${number}`
    if (!taken(numbered)) return numbered
  }
}
