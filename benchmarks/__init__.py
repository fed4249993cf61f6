"""benchmarks: scripts that time one stage each. Figures are ratios: machines differ, and load moves them."""
