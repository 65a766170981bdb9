/** Throws where no Chromium is installed. */
export function chromiumPath(): string
export function chromiumArgs(): string[]
