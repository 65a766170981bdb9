// What firmware says where nobody filled in the form, and what systeminformation says in a container.
const PLACEHOLDER =
  /^(?:|-|none|unknown|default string|to be filled by o\.?e\.?m\.?|system (?:manufacturer|product name)|not (?:specified|applicable|available)|docker container)$/i

/**
 * The machine's model in words, from DMI; 'unknown' when the firmware does not say.
 *
 * The maker is left out where the model already begins with it.
 */
export function modelName(manufacturer: string, model: string): string {
  const maker = PLACEHOLDER.test(manufacturer.trim()) ? '' : manufacturer.trim()
  const name = PLACEHOLDER.test(model.trim()) ? '' : model.trim()
  if (name === '') return maker === '' ? 'unknown' : maker
  return maker === '' || name.toLowerCase().startsWith(maker.toLowerCase()) ? name : `${maker} ${name}`
}

/**
 * The name in /etc/dgx-release: DGX_PRETTY_NAME, else DGX_NAME; null when there is none. Keys can repeat after an
 * update; the last one holds.
 */
export function dgxName(release: string): string | null {
  const fields = new Map<string, string>()
  for (const line of release.split('\n')) {
    const match = /^\s*([A-Z_]+)=(.*)$/.exec(line)
    if (match === null) continue
    const [, key = '', value = ''] = match
    fields.set(key, value.trim().replace(/^(["'])(.*)\1$/, '$2'))
  }
  const name = fields.get('DGX_PRETTY_NAME') ?? fields.get('DGX_NAME') ?? ''
  return name === '' ? null : name
}
