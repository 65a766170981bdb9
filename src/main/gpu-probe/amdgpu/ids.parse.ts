const plain = (hex: string): string => hex.toLowerCase().replace(/^0x/, '')

/**
 * A marketing name from libdrm's amdgpu.ids ('1586,\tC1,\tAMD Radeon 8060S Graphics'), by device id and revision;
 * null when it has none.
 */
export function nameFromIds(text: string, deviceId: string, revision: string): string | null {
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const [device = '', rev = '', ...name] = line.split(',').map((field) => field.trim())
    if (name.length > 0 && plain(device) === plain(deviceId) && plain(rev) === plain(revision)) {
      return name.join(', ')
    }
  }
  return null
}
