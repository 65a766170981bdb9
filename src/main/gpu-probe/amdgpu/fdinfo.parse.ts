/** GPU memory of one DRM client (one open descriptor or its copies) of the amdgpu driver. */
export interface DrmClient {
  /** Unique among all clients of all cards: PCI address and client id. */
  readonly key: string
  /** System memory mapped for the GPU; null when this kernel does not say. */
  readonly gttBytes: number | null
  /** Memory of the card, or of the carve-out. */
  readonly vramBytes: number | null
}

const UNIT_BYTES = new Map([
  ['', 1],
  ['KiB', 1024],
  ['MiB', 1024 * 1024]
])

function bytesOf(value: string | undefined): number | null {
  const match = value === undefined ? null : /^(\d+)(?: (KiB|MiB))?$/.exec(value)
  const unit = UNIT_BYTES.get(match?.[2] ?? '')
  return match === null || unit === undefined ? null : Number(match[1]) * unit
}

/**
 * /proc/PID/fdinfo/FD of a DRM descriptor; null for anything else.
 *
 * Keys as in the kernel's drm-usage-stats: what is resident counts; 'drm-memory-*' is amdgpu's older name for it,
 * 'drm-total-*' (which includes pages never touched) the last resort.
 */
export function parseFdinfo(text: string): DrmClient | null {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0 && line.startsWith('drm-')) fields.set(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const id = fields.get('drm-client-id')
  if (fields.get('drm-driver') !== 'amdgpu' || id === undefined) return null
  const region = (name: string): number | null =>
    bytesOf(fields.get(`drm-resident-${name}`)) ??
    bytesOf(fields.get(`drm-memory-${name}`)) ??
    bytesOf(fields.get(`drm-total-${name}`))
  return {
    key: `${fields.get('drm-pdev') ?? ''}#${id}`,
    gttBytes: region('gtt'),
    vramBytes: region('vram')
  }
}
