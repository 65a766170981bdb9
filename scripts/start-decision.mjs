// How `npm start` shows the panel: a pure decision, so that every machine it may meet is a row in a table.

/**
 * @typedef {object} Machine
 * @property {boolean} root running as root
 * @property {boolean} display an X11 or Wayland display is named in the environment
 * @property {'installed' | 'missing'} electron its binary
 * @property {boolean} namespacesRestricted Ubuntu's kernel.apparmor_restrict_unprivileged_userns is on
 * @property {boolean} profileInstalled an AppArmor profile that lets this checkout's Electron have its sandbox
 * @property {boolean} browserWanted --browser was given
 */

/** The one command for Ubuntu 24.04 and later; it installs a profile for this checkout's Electron alone. */
export const INSTALL_PROFILE = 'sudo sh scripts/apparmor/install.sh'

/**
 * What to do, and in one line why, where the window cannot be had. Never Electron without its sandbox.
 *
 * @param {Machine} machine
 * @returns {{ show: 'window' } | { show: 'install-electron' } | { show: 'browser', why: string }}
 */
export function decideStart(machine) {
  if (machine.browserWanted) return browser('The panel opens in your browser, as --browser asks')
  if (machine.root) {
    return browser(
      "Running as root: Chromium's sandbox does not start as root, so the panel opens in your browser"
    )
  }
  if (!machine.display)
    return browser('No display here (DISPLAY, WAYLAND_DISPLAY): the panel opens in a browser')
  if (machine.electron === 'missing') return { show: 'install-electron' }
  if (machine.namespacesRestricted && !machine.profileInstalled) {
    return browser(
      `AppArmor keeps this checkout's Electron from its sandbox; '${INSTALL_PROFILE}' allows it (once). ` +
        'Until then the panel opens in your browser'
    )
  }
  return { show: 'window' }
}

/** After Electron's own install failed: there is still the browser. */
export const withoutElectron = () =>
  browser("Electron's binary could not be downloaded: the panel opens in your browser")

const browser = (why) => ({ show: 'browser', why })

/**
 * Does this AppArmor profile give this program user namespaces? Profiles name the program by its path; comments
 * do not count.
 *
 * @param {string} profile the profile's text
 * @param {string} program absolute path
 */
export function profileCovers(profile, program) {
  const lines = profile.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  const text = lines.join('\n')
  return (
    (text.includes(`"${program}"`) || lines.some((line) => line.split(/\s+/).includes(program))) &&
    /\buserns\b/.test(text)
  )
}

const FLAGS = ['--hidden', '--browser', '--no-open']

/**
 * The flags of `npm start -- …`.
 *
 * @param {readonly string[]} args
 * @returns {{ ok: true, flags: { hidden: boolean, browser: boolean, open: boolean, port: string | null } } | { ok: false, why: string }}
 */
export function readStartFlags(args) {
  let port = null
  const seen = new Set()
  for (let i = 0; i < args.length; i += 1) {
    if (args[i] === '--port') {
      port = args[i + 1] ?? ''
      i += 1
      const number = Number(port)
      if (!/^\d+$/.test(port) || number > 65_535) {
        return { ok: false, why: `--port takes a number from 0 to 65535, not '${port}'` }
      }
    } else if (FLAGS.includes(args[i])) seen.add(args[i])
    else {
      return {
        ok: false,
        why: `unknown option '${args[i]}'; there are ${FLAGS.join(', ')} and --port N (browser)`
      }
    }
  }
  const flags = {
    hidden: seen.has('--hidden'),
    browser: seen.has('--browser'),
    open: !seen.has('--no-open'),
    port
  }
  return { ok: true, flags }
}
