export interface Shares {
  readonly shares: readonly number[]
  /** What nobody got; shares + rest = total. */
  readonly rest: number
}

/**
 * Deals whole bytes out to claims: each its claim while there is enough, else all scaled by one factor.
 *
 * Shares are rounded down and the few bytes left stay in `rest`. Handing those to the largest fractions would add
 * up too, but can take a byte from a claim that grew.
 */
export function shareOut(total: number, claims: readonly number[]): Shares {
  const claimed = claims.reduce((sum, claim) => sum + claim, 0)
  let rest = total
  const shares = claims.map((claim) => {
    const wanted = claimed <= total ? claim : Math.floor((claim * total) / claimed)
    const share = Math.min(rest, wanted)
    rest -= share
    return share
  })
  return { shares, rest }
}
