"""Movement in other formats: joints of other skeletons become the ones of our motion."""
