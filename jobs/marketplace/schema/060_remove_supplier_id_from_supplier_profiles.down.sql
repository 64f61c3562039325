-- The column comes back in its old place, so that the schema is what it was.
ALTER TABLE public.supplier_profiles
  DROP CONSTRAINT supplier_profiles_owner_user_id_required,
  ADD COLUMN supplier_id bigint;
CALL marketplace_steps.place_column('supplier_profiles', 'supplier_id', 'id');
UPDATE public.supplier_profiles p
SET supplier_id = k.supplier_id
FROM marketplace_steps.supplier_of_profile k
WHERE k.supplier_profile_id = p.id;
CREATE INDEX idx_supplier_profiles_supplier_id ON public.supplier_profiles (supplier_id);
ALTER TABLE public.supplier_profiles
  ADD CONSTRAINT supplier_profiles_supplier_id_fkey FOREIGN KEY (supplier_id) REFERENCES public.suppliers (id);
DROP TABLE marketplace_steps.supplier_of_profile;
