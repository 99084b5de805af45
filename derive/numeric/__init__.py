"""What tries to refute a step: points, models, quadrature.  It never makes a step true."""
