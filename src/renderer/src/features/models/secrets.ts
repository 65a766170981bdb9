/** Names that say themselves that their value is nobody's business. */
const SECRET = /token|key|secret|password|passwd|credential|auth/i

export const isSecretName = (name: string): boolean => SECRET.test(name)

/** Whether lines of 'NAME=value' have a secret among them. */
export const hasSecretLine = (text: string): boolean =>
  text.split('\n').some((line) => {
    const at = line.indexOf('=')
    return at > 0 && /^\w+$/.test(line.slice(0, at).trim()) && isSecretName(line.slice(0, at))
  })
