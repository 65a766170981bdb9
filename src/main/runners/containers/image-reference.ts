/** What names an image, taken apart. */
export interface ImageReference {
  /** Host of the registry; 'docker.io' where none is named. */
  readonly registry: string
  /** With the registry where one is named. */
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
}

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const HOST = '(?:localhost|[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:))(?::[0-9]+)?'
/** As the distribution project defines references. */
const REFERENCE = new RegExp(
  `^((?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*)(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`
)
const DEFAULT_REGISTRY = 'docker.io'
const LONGEST = 500

/** Null where no engine would take it for the name of an image. */
export function parseImageReference(image: string): ImageReference | null {
  const found = image.length > LONGEST ? null : REFERENCE.exec(image)
  const [, repository, tag, digest] = found ?? []
  if (repository === undefined) return null
  const first = repository.split('/')[0] ?? ''
  const hasHost = repository.includes('/') && (/[.:]/.test(first) || first === 'localhost')
  return {
    registry: hasHost ? first : DEFAULT_REGISTRY,
    repository,
    tag: tag ?? null,
    digest: digest ?? null
  }
}
