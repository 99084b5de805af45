"""What tries to refute a step: points, worlds, quadrature.  It never makes a step true."""
